import { describe, expect, it } from 'vitest';
import { BrokerHook, DeviceAccess, Public, RequirePermission, SignedIn } from '../access.decorators.js';
import { rateClassOf, RateLimited } from './rate-class.js';

class Routes {
  @Public()
  open(): void {}

  @SignedIn()
  own(): void {}

  @RequirePermission('device:read')
  permitted(): void {}

  @DeviceAccess()
  device(): void {}

  @BrokerHook()
  broker(): void {}

  @Public()
  @RateLimited('sign-in')
  login(): void {}

  undecided(): void {}
}

@RateLimited('none')
class Probes {
  @Public()
  health(): void {}

  @Public()
  @RateLimited('export')
  heavy(): void {}
}

describe('a request is counted', () => {
  const routes = Routes.prototype as unknown as Record<string, object>;

  it.each([
    ['open', 'GET', 'public'],
    ['open', 'POST', 'public'],
    ['own', 'GET', 'read'],
    ['own', 'HEAD', 'read'],
    ['permitted', 'GET', 'read'],
    ['permitted', 'PATCH', 'write'],
    ['permitted', 'DELETE', 'write'],
    ['device', 'POST', 'ingest'],
    ['broker', 'POST', 'none'],
    ['login', 'POST', 'sign-in'],
    ['undecided', 'GET', 'public'],
  ])('to %s by %s as %s', (name, method, expected) => {
    expect(rateClassOf(Routes, routes[name]!, method)).toBe(expected);
  });

  it('as its controller says, unless it says so itself', () => {
    const probes = Probes.prototype as unknown as Record<string, object>;
    expect(rateClassOf(Probes, probes['health']!, 'GET')).toBe('none');
    expect(rateClassOf(Probes, probes['heavy']!, 'GET')).toBe('export');
  });
});
