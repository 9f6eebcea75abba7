import { Module } from '@nestjs/common';
import { DeviceAuthenticator } from '../auth/device-authenticator.js';
import { BrokerAuthority } from '../mqtt/broker-authority.js';
import { BrokerController } from './broker/broker.controller.js';
import { DeviceBrokerAuthority } from './broker/device-broker-authority.js';
import { MqttUsers } from './broker/mqtt-users.js';
import { CredentialIssuer } from './credentials/credential-issuer.js';
import { CredentialRotationService } from './credentials/credential-rotation.service.js';
import { CredentialUsage } from './credentials/credential-usage.js';
import { CredentialVerifier } from './credentials/credential-verifier.js';
import { DeviceAuthenticationService } from './credentials/device-authentication.service.js';
import { DeviceCredentialsController } from './credentials/device-credentials.controller.js';
import { DeviceChanges } from './device-changes.js';
import { DeviceRegistrationService } from './device-registration.service.js';
import { DeviceRegistry } from './device-registry.js';
import { DeviceRemovalService } from './device-removal.service.js';
import { DevicesController } from './devices.controller.js';
import { DevicesMqttController } from './devices.mqtt.controller.js';
import { DevicesService } from './devices.service.js';
import { PresenceIntakeService } from './heartbeat/presence-intake.service.js';
import { PresenceService } from './heartbeat/presence.service.js';
import { PresenceStore } from './heartbeat/presence.store.js';
import { SignsOfLife } from './heartbeat/signs-of-life.js';
import { ProtocolsController } from './protocols/protocols.controller.js';
import { ProtocolsService } from './protocols/protocols.service.js';
import { SensorTypesController } from './sensors/sensor-types.controller.js';
import { SensorTypesService } from './sensors/sensor-types.service.js';
import { SensorsController } from './sensors/sensors.controller.js';
import { SensorsService } from './sensors/sensors.service.js';
import { SharesController } from './sharing/shares.controller.js';
import { SharesService } from './sharing/shares.service.js';

const BROKER = [MqttUsers, { provide: BrokerAuthority, useClass: DeviceBrokerAuthority }];
const CREDENTIALS = [
  CredentialIssuer,
  CredentialRotationService,
  CredentialUsage,
  CredentialVerifier,
  DeviceAuthenticationService,
  { provide: DeviceAuthenticator, useExisting: CredentialVerifier },
];
const DEVICES = [DeviceChanges, DeviceRegistrationService, DeviceRegistry, DeviceRemovalService, DevicesService];
const HEARTBEAT = [PresenceIntakeService, PresenceService, PresenceStore, SignsOfLife];
const SENSORS = [SensorTypesService, SensorsService, SharesService];

/** Devices, their sensors and credentials, their life, and what a broker asks about them. Needs a PoisonSink. */
@Module({
  controllers: [
    BrokerController,
    DeviceCredentialsController,
    DevicesController,
    DevicesMqttController,
    ProtocolsController,
    SensorTypesController,
    SensorsController,
    SharesController,
  ],
  providers: [...BROKER, ...CREDENTIALS, ...DEVICES, ...HEARTBEAT, ProtocolsService, ...SENSORS],
  exports: [
    CredentialVerifier,
    DeviceRegistrationService,
    DeviceRegistry,
    DevicesService,
    SensorTypesService,
    SensorsService,
    SignsOfLife,
  ],
})
export class DevicesModule {}
