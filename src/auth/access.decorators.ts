import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension, ApiSecurity } from '@nestjs/swagger';
import type { Permission } from '../users/permissions.js';
import { decideAccess } from './access-decision.js';
import {
  BROKER_HOOK_SCHEME,
  DEVICE_CERTIFICATE_SCHEME,
  DEVICE_ID_SCHEME,
  DEVICE_KEY_SCHEME,
  DEVICE_NONCE_SCHEME,
  DEVICE_SIGNATURE_SCHEME,
  DEVICE_TIMESTAMP_SCHEME,
  UPLINK_SCHEME,
  USER_SCHEME,
} from './openapi-security.js';

/** Anybody may call it, signed in or not. */
export const Public = (): MethodDecorator => decideAccess({ kind: 'public' });

/** Everybody who is signed in may call it; for what concerns only the caller. */
export const SignedIn = (): MethodDecorator =>
  applyDecorators(decideAccess({ kind: 'signed-in' }), ApiBearerAuth(USER_SCHEME));

/** People who have this permission somewhere may call it, for the records of the municipalities where they have it. */
export const RequirePermission = (permission: Permission): MethodDecorator =>
  applyDecorators(
    decideAccess({ kind: 'permission', permission }),
    ApiBearerAuth(USER_SCHEME),
    ApiExtension('x-required-permission', permission),
  );

/** Devices may call it, with `X-Device-Id` and `X-Api-Key` or a signature, or with their certificate. */
export const DeviceAccess = (): MethodDecorator =>
  applyDecorators(
    decideAccess({ kind: 'device' }),
    ApiSecurity({ [DEVICE_ID_SCHEME]: [], [DEVICE_KEY_SCHEME]: [] }),
    ApiSecurity({
      [DEVICE_ID_SCHEME]: [],
      [DEVICE_TIMESTAMP_SCHEME]: [],
      [DEVICE_NONCE_SCHEME]: [],
      [DEVICE_SIGNATURE_SCHEME]: [],
    }),
    ApiSecurity(DEVICE_CERTIFICATE_SCHEME),
  );

/** The broker may call it over HTTP, with the token of `BROKER_HOOK_TOKEN`. */
export const BrokerHook = (): MethodDecorator =>
  applyDecorators(decideAccess({ kind: 'broker-hook' }), ApiBearerAuth(BROKER_HOOK_SCHEME));

/** LoRaWAN network servers may call it, with the token of an uplink source. */
export const UplinkAccess = (): MethodDecorator =>
  applyDecorators(decideAccess({ kind: 'uplink-source' }), ApiBearerAuth(UPLINK_SCHEME));

/** Messages from the broker reach it; what each one may do is decided per message, by the guard of devices. */
export const FromBroker = (): MethodDecorator => decideAccess({ kind: 'from-broker' });

/** The platform itself does it, by schedule or from a queue, for all municipalities; nobody can call it. */
export const SystemJob = (): MethodDecorator => decideAccess({ kind: 'system-job' });
