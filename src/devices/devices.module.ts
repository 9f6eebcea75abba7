import { Module } from '@nestjs/common';
import { DeviceAuthenticator } from '../auth/device-authenticator.js';
import { BrokerAuthority } from '../mqtt/broker-authority.js';
import { BrokerChanges } from './broker/broker-changes.js';
import { BrokerController } from './broker/broker.controller.js';
import { DeviceBrokerAuthority } from './broker/device-broker-authority.js';
import { GoAuthController } from './broker/go-auth.controller.js';
import { MqttUsers } from './broker/mqtt-users.js';
import { PlatformUser } from './broker/platform-user.js';
import { RightsStatus } from './broker/rights-status.js';
import { AuthorityFilesController } from './certificates/authority-files.controller.js';
import { CertificateAuthority } from './certificates/certificate-authority.js';
import { CertificateExpiryService } from './certificates/certificate-expiry.service.js';
import { CertificateVerifier } from './certificates/certificate-verifier.js';
import { CertificatesController } from './certificates/certificates.controller.js';
import { CertificatesService } from './certificates/certificates.service.js';
import { DeviceAuthorities } from './certificates/device-authorities.js';
import { RevocationLists } from './certificates/revocation-lists.js';
import { CredentialIssuer } from './credentials/credential-issuer.js';
import { CredentialRotationService } from './credentials/credential-rotation.service.js';
import { CredentialUsage } from './credentials/credential-usage.js';
import { CredentialVerifier } from './credentials/credential-verifier.js';
import { CredentialsController } from './credentials/credentials.controller.js';
import { CredentialsService } from './credentials/credentials.service.js';
import { DeviceAuthenticationService } from './credentials/device-authentication.service.js';
import { DeviceCredentialsController } from './credentials/device-credentials.controller.js';
import { MqttPasswords } from './credentials/mqtt-passwords.js';
import { DeviceProofs } from './credentials/device-proofs.js';
import { DeviceChanges } from './device-changes.js';
import { DeviceRegistrationService } from './device-registration.service.js';
import { DeviceRegistry } from './device-registry.js';
import { DeviceRemovalService } from './device-removal.service.js';
import { DevicesController } from './devices.controller.js';
import { DevicesMqttController } from './devices.mqtt.controller.js';
import { DevicesService } from './devices.service.js';
import { HeartbeatController } from './heartbeat/heartbeat.controller.js';
import { HEARTBEAT } from './heartbeat/heartbeat.providers.js';
import { PresenceService } from './heartbeat/presence.service.js';
import { SignsOfLife } from './heartbeat/signs-of-life.js';
import { Sweeper } from './heartbeat/sweep/sweeper.js';
import { DeviceImportController } from './import/device-import.controller.js';
import { DeviceImportService } from './import/device-import.service.js';
import { ImportPreflight } from './import/import-preflight.js';
import { ProfilesController } from './profiles/profiles.controller.js';
import { ProfilesService } from './profiles/profiles.service.js';
import { ProtocolsController } from './protocols/protocols.controller.js';
import { ProtocolsService } from './protocols/protocols.service.js';
import { SensorTypesController } from './sensors/sensor-types.controller.js';
import { SensorTypesService } from './sensors/sensor-types.service.js';
import { SensorsController } from './sensors/sensors.controller.js';
import { SensorsService } from './sensors/sensors.service.js';
import { DeviceClocks } from './signatures/device-clocks.js';
import { DeviceNonces } from './signatures/device-nonces.js';
import { HmacKeys } from './signatures/hmac-keys.js';
import { MunicipalitiesModule } from '../municipalities/municipalities.module.js';
import { MessageSignatures } from './signatures/message-signatures.js';
import { RefusalCounts } from './signatures/refusal-counts.js';
import { SignatureReportsController } from './signatures/signature-reports.controller.js';
import { SignatureReports } from './signatures/signature-reports.service.js';
import { RequestSignatures } from './signatures/request-signatures.js';
import { SharesController } from './sharing/shares.controller.js';
import { SharesService } from './sharing/shares.service.js';
import { UplinkAuthenticator } from '../auth/uplink-authenticator.js';
import { UplinkSourceVerifier } from './uplinks/uplink-source-verifier.js';
import { UplinkSourcesController } from './uplinks/uplink-sources.controller.js';
import { UplinkSourcesService } from './uplinks/uplink-sources.service.js';

const BROKER = [
  BrokerChanges,
  MqttUsers,
  PlatformUser,
  RightsStatus,
  { provide: BrokerAuthority, useClass: DeviceBrokerAuthority },
];
const CERTIFICATES = [
  CertificateAuthority,
  CertificateExpiryService,
  CertificateVerifier,
  CertificatesService,
  DeviceAuthorities,
  RevocationLists,
];
const CREDENTIALS = [
  CredentialIssuer,
  CredentialRotationService,
  CredentialsService,
  CredentialUsage,
  CredentialVerifier,
  DeviceAuthenticationService,
  { provide: DeviceAuthenticator, useClass: DeviceProofs },
  DeviceNonces,
  DeviceClocks,
  HmacKeys,
  MessageSignatures,
  MqttPasswords,
  RefusalCounts,
  RequestSignatures,
  SignatureReports,
];
const DEVICES = [DeviceChanges, DeviceRegistrationService, DeviceRegistry, DeviceRemovalService, DevicesService];
const IMPORT = [DeviceImportService, ImportPreflight];
const SENSORS = [SensorTypesService, SensorsService, SharesService];
const UPLINKS = [UplinkSourcesService, { provide: UplinkAuthenticator, useClass: UplinkSourceVerifier }];

/** Devices, their sensors and credentials, their life, and what a broker asks about them. Needs a PoisonSink. */
@Module({
  imports: [MunicipalitiesModule],
  controllers: [
    AuthorityFilesController,
    CertificatesController,
    BrokerController,
    CredentialsController,
    DeviceCredentialsController,
    DeviceImportController,
    DevicesController,
    DevicesMqttController,
    HeartbeatController,
    GoAuthController,
    ProfilesController,
    ProtocolsController,
    SensorTypesController,
    SensorsController,
    SharesController,
    SignatureReportsController,
    UplinkSourcesController,
  ],
  providers: [
    ...BROKER,
    ...CERTIFICATES,
    ...CREDENTIALS,
    ...DEVICES,
    ...HEARTBEAT,
    ...IMPORT,
    ProfilesService,
    ProtocolsService,
    ...SENSORS,
    ...UPLINKS,
  ],
  exports: [
    CertificateExpiryService,
    BrokerChanges,
    RightsStatus,
    CredentialVerifier,
    DeviceNonces,
    MessageSignatures,
    DeviceRegistrationService,
    DeviceRegistry,
    DevicesService,
    PresenceService,
    ProfilesService,
    RefusalCounts,
    SensorTypesService,
    SensorsService,
    SignsOfLife,
    Sweeper,
  ],
})
export class DevicesModule {}
