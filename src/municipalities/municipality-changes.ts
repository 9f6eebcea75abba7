import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction.js';
import type { Municipality } from './municipality.entity.js';

/** What a room above has to do when a municipality is suspended or comes back, in the transaction of that. */
export type StatusListener = (tx: Transaction, municipality: Municipality) => Promise<void>;

/** Lets rooms above take part in changes of municipalities. */
@Injectable()
export class MunicipalityChanges {
  private readonly listeners: StatusListener[] = [];

  onStatus(listener: StatusListener): void {
    this.listeners.push(listener);
  }

  async statusChanged(tx: Transaction, municipality: Municipality): Promise<void> {
    for (const listener of this.listeners) await listener(tx, municipality);
  }
}
