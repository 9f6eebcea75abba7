import { type DynamicModule, Module } from '@nestjs/common';
import { OutboundHttp } from './outbound-http.js';
import { OutboundNetworks } from './outbound-networks.js';

/** Calls to URLs that users gave, for every room. */
@Module({})
export class OutboundModule {
  /** `allowedNetworks` as in {@link OutboundNetworks}. */
  static forRoot({ allowedNetworks }: { readonly allowedNetworks: readonly string[] }): DynamicModule {
    const useFactory = (): OutboundHttp => new OutboundHttp(new OutboundNetworks(allowedNetworks));
    return {
      module: OutboundModule,
      global: true,
      providers: [{ provide: OutboundHttp, useFactory }],
      exports: [OutboundHttp],
    };
  }
}
