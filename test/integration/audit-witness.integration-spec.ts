import { createPublicKey, verify } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { anchorStatement } from '../../src/audit/canonical-form.js';
import { AuditKeys } from '../../src/audit/audit-keys.js';
import { AnchorWitness } from '../../src/audit/witness/anchor-witness.js';
import { Clock } from '../../src/common/clock.js';
import { OutboundHttp } from '../../src/common/http/outbound-http.js';
import { OutboundNetworks } from '../../src/common/http/outbound-networks.js';
import { newId } from '../../src/common/ids.js';
import { SecretCipher } from '../../src/database/secret-cipher.js';
import { Municipality } from '../../src/municipalities/municipality.entity.js';
import { type AuditInstance, openAuditLog } from '../support/audit-log.js';
import { describeEachDatabase } from '../support/databases.js';

Logger.overrideLogger(false);

interface Anchor {
  chain: string;
  municipalityCode: string;
  day: string;
  position: number;
  hash: string;
  signature: string;
  publicKey: string;
}

/** A clock that is put forward by hand. */
class HandClock extends Clock {
  at = Date.UTC(2026, 10, 20, 12);
  now(): Date {
    return new Date(this.at);
  }
}

describeEachDatabase((db) => {
  const clock = new HandClock();
  let audit: AuditInstance;
  let server: Server;
  let url: string;
  let status: number;
  let received: Anchor[];
  let code: string;

  beforeAll(async () => {
    audit = await openAuditLog(db, clock);
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        received.push(JSON.parse(Buffer.concat(chunks).toString()) as Anchor);
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/anchors`;
  });
  afterAll(async () => {
    await audit?.close();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    received = [];
    status = 204;
    code = newId();
  });
  afterEach(() => db.transactions.query(`update municipalities set witness_url = null`));

  const witness = (networks = ['127.0.0.0/8']): AnchorWitness => {
    const keys = new AuditKeys(db.transactions, db.dialect, new SecretCipher(db.config()), clock);
    return new AnchorWitness(db.transactions, new OutboundHttp(new OutboundNetworks(networks)), keys, clock);
  };
  /** A municipality with this witness, and an anchor for each of so many days. */
  const anchored = async (days: number, witnessUrl: string | null = url): Promise<string> => {
    const em = db.orm.em.fork();
    const { id } = em.create(Municipality, { code, name: 'Sollen', witnessUrl });
    await em.flush();
    for (let day = 0; day < days; day++) {
      await audit.log.note({ action: 'device.updated', municipalityIds: [id] });
      await audit.sealer.seal();
      clock.at += 86_400_000;
    }
    await audit.sealer.anchor();
    return id;
  };

  it('sends each signed anchor once, in order, with what is needed to check it', async () => {
    const id = await anchored(3);
    expect(await witness().deliver()).toBe(3);
    expect(received.map(({ position }) => position)).toEqual([1, 2, 3]);
    for (const { chain, day, position, hash, signature, publicKey, municipalityCode } of received) {
      expect([chain, municipalityCode]).toEqual([id, code]);
      const statement = Buffer.from(anchorStatement(chain, day, { position, hash }));
      expect(verify(null, statement, createPublicKey(publicKey), Buffer.from(signature, 'base64'))).toBe(true);
    }
    expect(await witness().deliver()).toBe(0);
    expect(received).toHaveLength(3);
  });

  it('sends again what was not taken, and nothing that comes after it before', async () => {
    await anchored(2);
    status = 503;
    expect(await witness().deliver()).toBe(0);
    expect(received.map(({ position }) => position)).toEqual([1]);
    status = 200;
    expect(await witness().deliver()).toBe(2);
    expect(received.map(({ position }) => position)).toEqual([1, 1, 2]);
  });

  it('reaches nothing in the own networks unless the installation allows it', async () => {
    await anchored(1);
    expect(await witness([]).deliver()).toBe(0);
    expect(received).toEqual([]);
  });

  it('sends nothing of municipalities without a witness', async () => {
    await anchored(1, null);
    expect(await witness().deliver()).toBe(0);
  });
});
