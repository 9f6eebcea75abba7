import { Injectable } from '@nestjs/common';
import type { DemoFile } from './demo-file.js';
import { DemoDeviceSeeder } from './demo-device.seeder.js';
import { DemoRuleSeeder } from './demo-rule.seeder.js';
import { DemoUserSeeder } from './demo-user.seeder.js';
import { MUNICIPALITIES } from './country.js';
import { MunicipalityService } from '../../municipalities/municipality.service.js';

/** Fills the database with the demo country. What is there already stays; only what is missing is made. */
@Injectable()
export class DemoSeeder {
  constructor(
    private readonly municipalities: MunicipalityService,
    private readonly users: DemoUserSeeder,
    private readonly devices: DemoDeviceSeeder,
    private readonly rules: DemoRuleSeeder,
  ) {}

  /**
   * @param known what an earlier run answered; secrets that it lacks are replaced by new ones
   * @returns all accounts and devices with their secrets
   */
  async run(known: DemoFile): Promise<DemoFile> {
    const ids = await this.ensureMunicipalities();
    const users = await this.users.run(ids, known.users);
    const devices = await this.devices.run(ids, known.devices);
    await this.rules.run(ids);
    return { users, devices };
  }

  /** Ids by code. */
  private async ensureMunicipalities(): Promise<ReadonlyMap<string, string>> {
    const ids = new Map<string, string>();
    for (const { code, name, timeZone } of MUNICIPALITIES) {
      const municipality =
        (await this.municipalities.findByCode(code)) ?? (await this.municipalities.create({ code, name, timeZone }));
      ids.set(code, municipality.id);
    }
    return ids;
  }
}
