import { resolve } from 'node:path';
import type { AppConfig } from '../config/app-config.js';
import { DatabaseModule } from '../database/database.module.js';
import { CertificateAuthority } from '../devices/certificates/certificate-authority.js';
import { DeviceAuthorities } from '../devices/certificates/device-authorities.js';
import { CredentialIssuer } from '../devices/credentials/credential-issuer.js';
import { MqttPasswords } from '../devices/credentials/mqtt-passwords.js';
import { SecretCipher } from '../database/secret-cipher.js';
import { DeviceChanges } from '../devices/device-changes.js';
import { DeviceRegistrationService } from '../devices/device-registration.service.js';
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
    CertificateAuthority,
    CredentialIssuer,
    DeviceAuthorities,
    DemoDeviceSeeder,
    DemoRuleSeeder,
    DemoSeeder,
    DemoUserSeeder,
    DeviceChanges,
    DeviceRegistrationService,
    MqttPasswords,
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
