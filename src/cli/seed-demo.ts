import { resolve } from 'node:path';
import { AlertsOfDevices } from '../alerts/alerts-of-devices.js';
import type { AppConfig } from '../config/app-config.js';
import { DatabaseModule } from '../database/database.module.js';
import { SecretCipher } from '../database/secret-cipher.js';
import { BrokerChanges } from '../devices/broker/broker-changes.js';
import { PlatformUser } from '../devices/broker/platform-user.js';
import { CertificateAuthority } from '../devices/certificates/certificate-authority.js';
import { DeviceAuthorities } from '../devices/certificates/device-authorities.js';
import { CredentialIssuer } from '../devices/credentials/credential-issuer.js';
import { MqttPasswords } from '../devices/credentials/mqtt-passwords.js';
import { DeviceAlerts } from '../devices/device-alerts.js';
import { DeviceChanges } from '../devices/device-changes.js';
import { DeviceRegistrationService } from '../devices/device-registration.service.js';
import { DeviceFactsReader } from '../devices/heartbeat/device-facts.js';
import { DeviceLife } from '../devices/heartbeat/device-life.js';
import { LifeChanges } from '../devices/heartbeat/life-changes.js';
import { Listening } from '../devices/heartbeat/listening/listening.js';
import { PresenceStore } from '../devices/heartbeat/presence.store.js';
import { MunicipalitiesModule } from '../municipalities/municipalities.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { RedisModule } from '../redis/redis.module.js';
import { UsersModule } from '../users/users.module.js';
import { withRooms } from './cli-context.js';
import { DemoDeviceSeeder } from './demo/demo-device.seeder.js';
import { readDemoFile, writeDemoFile, type DemoFile } from './demo/demo-file.js';
import { DemoRuleSeeder } from './demo/demo-rule.seeder.js';
import { DemoUserSeeder } from './demo/demo-user.seeder.js';
import { DemoSeeder } from './demo/demo.seeder.js';

const ROOMS = {
  imports: [DatabaseModule, MunicipalitiesModule, OutboxModule, RedisModule, UsersModule],
  // Only what registers devices: the whole room would also start to look after their heartbeats.
  providers: [
    BrokerChanges,
    CertificateAuthority,
    CredentialIssuer,
    DemoDeviceSeeder,
    DemoRuleSeeder,
    DemoSeeder,
    DemoUserSeeder,
    { provide: DeviceAlerts, useClass: AlertsOfDevices },
    DeviceAuthorities,
    DeviceChanges,
    DeviceFactsReader,
    DeviceLife,
    DeviceRegistrationService,
    LifeChanges,
    Listening,
    MqttPasswords,
    PlatformUser,
    PresenceStore,
    SecretCipher,
  ],
};

/**
 * Fills the migrated database with the demo country and writes the credentials of its people and devices.
 * @param output file that is written; what it holds already stays valid
 */
export async function seedDemo(config: AppConfig, output: string): Promise<DemoFile> {
  const path = resolve(output);
  return withRooms(config, ROOMS, async (app) => {
    const file = await app.get(DemoSeeder).run(readDemoFile(path));
    writeDemoFile(path, file);
    return file;
  });
}
