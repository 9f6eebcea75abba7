import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MunicipalityChanges } from '../../municipalities/municipality-changes.js';
import { BrokerChanges } from './broker-changes.js';

/** A suspended municipality's devices lose their rights at the broker, and get them back with it. */
@Injectable()
export class MunicipalityRights implements OnModuleInit {
  constructor(
    private readonly municipalities: MunicipalityChanges,
    private readonly changes: BrokerChanges,
  ) {}

  onModuleInit(): void {
    this.municipalities.onStatus((tx, { id, status }) => this.changes.note(tx, id, null, status !== 'active'));
  }
}
