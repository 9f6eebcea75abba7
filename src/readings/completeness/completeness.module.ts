import { Module } from '@nestjs/common';
import { MunicipalitiesModule } from '../../municipalities/municipalities.module.js';
import { CompletenessReader } from './completeness-reader.js';
import { CompletenessController } from './completeness.controller.js';
import { CompletenessService } from './completeness.service.js';
import { DeliveryCounts } from './delivery-counts.js';
import { DeliveryLedger } from './delivery-ledger.js';
import { FleetCompletenessService } from './fleet-completeness.service.js';
import { LedgerPruner } from './ledger-pruner.js';
import { SlotLedger } from './slot-ledger.js';

const LEDGER = [DeliveryCounts, DeliveryLedger, LedgerPruner];

/** What devices delivered of what they were to deliver; ingestion keeps the ledger of how it came. */
@Module({
  imports: [MunicipalitiesModule],
  controllers: [CompletenessController],
  providers: [...LEDGER, CompletenessReader, CompletenessService, FleetCompletenessService, SlotLedger],
  exports: [DeliveryLedger, LedgerPruner],
})
export class CompletenessModule {}
