import { Injectable } from '@nestjs/common';
import type { AuthenticatedUplinkSource } from '../../auth/uplink-authenticator.js';
import { ForbiddenError } from '../../common/errors/errors.js';
import { Transactions } from '../../database/transaction.js';
import { DeviceRegistry, type RegisteredDevice } from '../../devices/device-registry.js';
import { PresenceService } from '../../devices/heartbeat/presence.service.js';
import { decodeUplink } from '../decoding/uplink-decoder.js';
import { toIngestionAnswer } from '../ingestion.mapper.js';
import { IngestionService } from '../ingestion.service.js';
import type { PartRejection } from '../part-rejection.js';
import { rejectWhole, type ReadMessage } from '../payload-reader.js';
import { RejectedReadings } from '../rejected-readings.js';
import { readChirpstack } from './chirpstack.js';
import { readTts } from './tts.js';
import type { UplinkAnswer } from './uplink.schemas.js';
import type { Uplink, UplinkEvent } from './uplink.js';

/** A webhook of a network server. */
export interface Webhook {
  readonly source: AuthenticatedUplinkSource;
  /** Whose webhook the address is for. */
  readonly kind: 'chirpstack' | 'tts';
  /** What the address says that it is about (ChirpStack). */
  readonly event: string | undefined;
  readonly body: unknown;
  /** The bytes of the body, for the list of rejections. */
  readonly payload: Buffer;
  /** Epoch milliseconds. */
  readonly receivedAt: number;
}

const NOTHING = { accepted: 0, duplicates: 0, rejected: [] };

/**
 * Takes what LoRaWAN network servers hand over, for devices of the source's own municipality. What cannot be taken is
 * set aside and answered as done; only a failure of ours throws, so that the network server sends it again.
 */
@Injectable()
export class UplinkIntakeService {
  constructor(
    private readonly transactions: Transactions,
    private readonly registry: DeviceRegistry,
    private readonly ingestion: IngestionService,
    private readonly presence: PresenceService,
    private readonly rejections: RejectedReadings,
  ) {}

  /** @throws ForbiddenError `UPLINK_KIND_MISMATCH` when the token is one for another kind of network server */
  async take(webhook: Webhook): Promise<UplinkAnswer> {
    if (webhook.source.kind !== webhook.kind) {
      const message = `The token is for webhooks of "${webhook.source.kind}".`;
      throw new ForbiddenError('UPLINK_KIND_MISMATCH', message);
    }
    const event = webhook.kind === 'tts' ? readTts(webhook.body) : readChirpstack(webhook.body, webhook.event);
    if (event.kind === 'other') return { ...NOTHING, event: event.name, deviceId: null };
    if (event.kind === 'malformed') return this.setAside(webhook, null, 'MALFORMED_PAYLOAD', event.reason);
    const devEui = event.kind === 'uplink' ? event.uplink.devEui : event.devEui;
    const device = await this.deviceOf(webhook.source.municipalityId, devEui);
    if (device === undefined) {
      // Asked for by the network itself: nothing is lost with it.
      if (event.kind === 'status') return { ...NOTHING, event: event.kind, deviceId: null };
      return this.setAside(webhook, devEui, 'UNKNOWN_DEVICE', 'no device of the municipality has this DevEUI');
    }
    return this.takeOf(device, event, webhook);
  }

  private async takeOf(
    device: RegisteredDevice,
    event: Extract<UplinkEvent, { kind: 'uplink' | 'status' }>,
    { payload, receivedAt }: Webhook,
  ): Promise<UplinkAnswer> {
    const known = { event: event.kind, deviceId: device.id };
    const message =
      event.kind === 'uplink' ? readUplink(event.uplink, device, receivedAt) : { sets: [], rejections: [] };
    const isMessage = message.sets.length + message.rejections.length > 0;
    const [result] = isMessage
      ? await this.ingestion.ingest([{ ...message, deviceId: device.id, source: 'http', receivedAt, payload }])
      : [];
    // A network server's word does not stand for a device that has to sign its own.
    if (device.active && !device.signatureRequired) {
      await this.presence.record([signOf(device.id, event, receivedAt, message.sets.length > 0)]);
    }
    return { ...(result ? toIngestionAnswer(result) : NOTHING), ...known };
  }

  /** The device of a municipality that has a DevEUI. */
  private async deviceOf(municipalityId: string, devEui: string): Promise<RegisteredDevice | undefined> {
    const { rows } = await this.transactions.query<{ id: string }>(
      `select id from devices where municipality_id = ? and dev_eui = ?`,
      [municipalityId, devEui],
    );
    const id = rows[0]?.id;
    return id === undefined ? undefined : (await this.registry.resolve([id])).get(id);
  }

  /** @param name what stands in the place of the device's id, which nobody knows */
  private async setAside(
    { source, payload, receivedAt }: Webhook,
    name: string | null,
    code: PartRejection['code'],
    reason: string,
  ): Promise<UplinkAnswer> {
    const part = { index: null, metric: null, instant: null, code, reason };
    const { municipalityId } = source;
    const origin = { deviceId: name, municipalityId, source: 'http', receivedAt, payload } as const;
    await this.transactions.run((tx) => this.rejections.add(tx, [{ part, origin }]));
    return { ...NOTHING, rejected: [part], event: 'uplink', deviceId: null };
  }
}

/** What an uplink says, if anything may be taken from its device. */
function readUplink(uplink: Uplink, device: RegisteredDevice, receivedAt: number): ReadMessage {
  if (!device.active) return rejectWhole('DEVICE_INACTIVE', 'the device or its municipality is deactivated');
  if (device.signatureRequired) {
    return rejectWhole('SIGNATURE_MISSING', 'the device has to sign its messages, and network servers hand over none');
  }
  return decodeUplink(uplink, device.profile, { receivedAt, knows: (code) => device.sensors.has(code) });
}

function signOf(
  deviceId: string,
  event: Extract<UplinkEvent, { kind: 'uplink' | 'status' }>,
  at: number,
  data: boolean,
) {
  const { battery, rssi } = event.kind === 'uplink' ? event.uplink : { battery: event.battery, rssi: undefined };
  return {
    ...{ deviceId, at, data },
    ...(battery === undefined ? {} : { batteryLevel: battery }),
    ...(rssi === undefined ? {} : { signalStrength: rssi }),
  };
}
