import { Module } from '@nestjs/common';
import { MunicipalitiesModule } from '../../municipalities/municipalities.module.js';
import { DevicesModule } from '../devices.module.js';
import { DesiredRightsReader } from './desired-rights.js';
import { MunicipalityRights } from './municipality-rights.js';
import { PlatformUser } from './platform-user.js';
import { Reconciliation } from './reconciliation.js';
import { RightsApplier } from './rights-applier.js';
import { RightsSync } from './rights-sync.js';
import { RightsTurn } from './rights-turn.js';

/** Keeps a Mosquitto with dynamic security in step with the devices; part of processes with `MQTT_DYNAMIC_SECURITY`. */
@Module({
  imports: [DevicesModule, MunicipalitiesModule],
  providers: [
    DesiredRightsReader,
    MunicipalityRights,
    PlatformUser,
    Reconciliation,
    RightsApplier,
    RightsSync,
    RightsTurn,
  ],
})
export class BrokerRightsModule {}
