import { Module } from '@nestjs/common';
import { CredentialIssuer } from './credentials/credential-issuer.js';
import { CredentialRotationService } from './credentials/credential-rotation.service.js';
import { CredentialUsage } from './credentials/credential-usage.js';
import { CredentialVerifier } from './credentials/credential-verifier.js';
import { SecretCipher } from './credentials/secret-cipher.js';
import { DeviceChanges } from './device-changes.js';
import { DeviceRegistrationService } from './device-registration.service.js';
import { DeviceRegistry } from './device-registry.js';
import { DeviceRemovalService } from './device-removal.service.js';
import { DeviceGuard } from './device.guard.js';
import { DevicesService } from './devices.service.js';
import { PresenceService } from './heartbeat/presence.service.js';
import { PresenceStore } from './heartbeat/presence.store.js';
import { SignsOfLife } from './heartbeat/signs-of-life.js';

const CREDENTIALS = [CredentialIssuer, CredentialRotationService, CredentialUsage, CredentialVerifier, SecretCipher];
const HEARTBEAT = [PresenceService, PresenceStore, SignsOfLife];

/** Devices, their sensors and credentials, their life, and what a broker asks about them. */
@Module({
  providers: [
    ...CREDENTIALS,
    ...HEARTBEAT,
    DeviceChanges,
    DeviceGuard,
    DeviceRegistrationService,
    DeviceRegistry,
    DeviceRemovalService,
    DevicesService,
  ],
  exports: [CredentialVerifier, DeviceGuard, DeviceRegistrationService, DeviceRegistry, DevicesService, SignsOfLife],
})
export class DevicesModule {}
