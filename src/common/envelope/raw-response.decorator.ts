import { SetMetadata } from '@nestjs/common';

export const RAW_RESPONSE = 'hydroalert:raw-response';

/** Marks a route (or a whole controller) that answers in its own format, without the `{data, meta}` envelope. */
export const RawResponse = (): MethodDecorator & ClassDecorator => SetMetadata(RAW_RESPONSE, true);
