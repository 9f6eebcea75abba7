import type { Type } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { newId } from '../../src/common/ids.js';
import type { IssuedCertificate } from '../../src/devices/certificates/certificate-authority.js';
import type { GenerateCertificate } from '../../src/devices/certificates/certificate.schemas.js';
import { CertificatesService } from '../../src/devices/certificates/certificates.service.js';
import { DeviceAuthorities } from '../../src/devices/certificates/device-authorities.js';
import { DeviceRegistrationService } from '../../src/devices/device-registration.service.js';
import type { TestDatabase } from './databases.js';
import { asTenant, createDevicesModule, createMunicipality } from './devices-module.js';
import { MovingClock } from './moving-clock.js';

/** The devices room with a municipality whose devices get certificates, and a clock that can be moved. */
export class CertificateRoom {
  private constructor(
    readonly module: TestingModule,
    readonly clock: MovingClock,
    readonly home: string,
  ) {}

  /** @param imports rooms above that the test needs */
  static async open(db: TestDatabase, imports: Type[] = []): Promise<CertificateRoom> {
    const clock = new MovingClock();
    const module = await createDevicesModule(db, { clock, imports });
    return new CertificateRoom(module, clock, await createMunicipality(module));
  }

  get<T>(type: abstract new (...args: never[]) => T): T {
    return this.module.get<T>(type, { strict: false });
  }

  /** Does work as somebody of the municipality. */
  asHome<T>(work: () => Promise<T>): Promise<T> {
    return asTenant([this.home], work);
  }

  /** A new device; answers its id. */
  async register(): Promise<string> {
    const deviceId = `gauge-${newId().slice(-12)}`;
    await this.asHome(() => this.get(DeviceRegistrationService).register({ deviceId, name: 'Gauge' }));
    return deviceId;
  }

  /** A certificate for a device. */
  generate(deviceId: string, more: Omit<GenerateCertificate, 'deviceId'> = {}): Promise<IssuedCertificate> {
    return this.asHome(() => this.get(CertificatesService).generate({ deviceId, ...more }));
  }

  /** What `ca.pem` holds. */
  async caPem(): Promise<string> {
    const trusted = await this.get(DeviceAuthorities).trusted();
    return trusted.map(({ certificatePem }) => certificatePem).join('');
  }

  close(): Promise<void> {
    return this.module.close();
  }
}
