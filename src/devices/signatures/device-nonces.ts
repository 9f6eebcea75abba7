import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../database/transaction.js';
import type { SignedNonce } from '../../mqtt/inbound-message.js';

/** A nonce that a message came with. */
export interface NonceClaim extends SignedNonce {
  readonly deviceId: string;
  /** Arrival, epoch milliseconds. */
  readonly seenAt: number;
  /**
   * Claimed before the work that it is for, not together with it: the same claim (same bytes, same arrival) is `new` once
   * more, since nobody knows whether the work was done, nor, when a commit was not answered, who claimed.
   */
  readonly repeatable?: boolean;
}

interface Taken {
  readonly digest: string;
  /** Epoch milliseconds. */
  readonly seenAt: number;
}

/** `new`: nobody had it. `same`: it was used before, for the same bytes. `other`: for other bytes. */
export type NonceVerdict = 'new' | 'same' | 'other';

/**
 * Another transaction wrote one of the nonces first. The caller runs its own again, with `careful`: a statement that met
 * a taken key has spoilt the transaction on one of the databases.
 */
export class NonceTakenError extends Error {}

interface Row {
  device_id: string;
  nonce: string;
  digest: string;
  seen_at: string | Date;
}

/** Rows of one statement; four parameters each, far below the limit of either database. */
const MAX_ROWS = 1_000;
/** Keys of one look; two parameters each. */
const MAX_KEYS = 500;

/** Makes sure that each nonce of a device is used once, whichever instance it comes to. */
@Injectable()
export class DeviceNonces {
  /**
   * Claims nonces in the caller's transaction, before it locks anything else. Nonces are written in the order of their
   * keys, so that no two writers deadlock; of two with the same one the second waits, and finds it taken.
   * @param careful look which ones are there first; without it all are taken for new, as they nearly always are
   * @returns a verdict per claim; of two claims of the same nonce in one call the first is the one before
   * @throws NonceTakenError see there; never for `careful` unless it was taken in between
   */
  async claim(tx: Transaction, claims: readonly NonceClaim[], careful: boolean): Promise<NonceVerdict[]> {
    const first = new Map<string, NonceClaim>();
    for (const claim of claims) if (!first.has(keyOf(claim))) first.set(keyOf(claim), claim);
    const keys = [...first.keys()].sort();
    const taken = careful
      ? await this.find(
          tx,
          keys.map((key) => first.get(key)!),
        )
      : new Map<string, Taken>();
    await this.insert(
      tx,
      keys.filter((key) => !taken.has(key)).map((key) => first.get(key)!),
    );
    return claims.map((claim) => {
      const key = keyOf(claim);
      const isFirst = first.get(key) === claim;
      const earlier = taken.get(key);
      if (earlier === undefined && isFirst) return 'new';
      if ((earlier?.digest ?? textOf(first.get(key)!)) !== textOf(claim)) return 'other';
      return isFirst && claim.repeatable && earlier?.seenAt === claim.seenAt ? 'new' : 'same';
    });
  }

  /** Those nonces that are there. */
  private async find(tx: Transaction, claims: readonly NonceClaim[]): Promise<Map<string, Taken>> {
    const found = new Map<string, Taken>();
    for (let from = 0; from < claims.length; from += MAX_KEYS) {
      const some = claims.slice(from, from + MAX_KEYS);
      const { rows } = await tx.query<Row>(
        `select device_id, nonce, digest, seen_at from device_nonces
         where (device_id, nonce) in (${'(?,?),'.repeat(some.length).slice(0, -1)})`,
        some.flatMap(({ deviceId, nonce }) => [deviceId, nonce]),
      );
      for (const { device_id: deviceId, nonce, digest, seen_at: seenAt } of rows) {
        found.set(keyOf({ deviceId, nonce }), { digest, seenAt: tx.dialect.epochMs(seenAt) });
      }
    }
    return found;
  }

  private async insert(tx: Transaction, claims: readonly NonceClaim[]): Promise<void> {
    for (let from = 0; from < claims.length; from += MAX_ROWS) {
      const some = claims.slice(from, from + MAX_ROWS);
      try {
        await tx.query(
          `insert into device_nonces (device_id, nonce, digest, seen_at)
           values ${'(?,?,?,?),'.repeat(some.length).slice(0, -1)}`,
          some.flatMap((claim) => [claim.deviceId, claim.nonce, textOf(claim), tx.dialect.instant(claim.seenAt)]),
        );
      } catch (error) {
        if (tx.dialect.violatedKey(error) === null) throw error;
        throw new NonceTakenError('a nonce was taken by another transaction', { cause: error });
      }
    }
  }
}

/** Neither part holds a blank. */
function keyOf({ deviceId, nonce }: { readonly deviceId: string; readonly nonce: string }): string {
  return `${deviceId} ${nonce}`;
}

function textOf({ digest }: SignedNonce): string {
  return digest.toString('base64url');
}
