import { z } from 'zod';
import { ingestionAnswerSchema } from '../reading-set.schema.js';

/** Query of the webhooks; ChirpStack says there what the event is. */
export const uplinkQuerySchema = z.strictObject({
  event: z.string().max(50).optional().describe('Event of ChirpStack: `up`, `join`, `status`, …'),
});
export type UplinkQuery = z.infer<typeof uplinkQuerySchema>;

/** Answer to a webhook. Also for what is not taken, so that the network server does not send it for ever. */
export const uplinkAnswerSchema = ingestionAnswerSchema
  .extend({
    event: z.string().describe('`uplink`, `status`, or the name of an event that holds no readings and was ignored'),
    deviceId: z.string().nullable().describe('The device with the DevEUI, if there is one'),
  })
  .meta({ id: 'UplinkAnswer' });
export type UplinkAnswer = z.infer<typeof uplinkAnswerSchema>;

/** A real answer, for the API documentation. */
export const UPLINK_ANSWER_EXAMPLE: UplinkAnswer = {
  event: 'uplink',
  deviceId: 'river-gauge-017',
  accepted: 1,
  duplicates: 0,
  rejected: [],
};

/** Events as the network servers send them, cut to what is read. */
export const CHIRPSTACK_EXAMPLE = {
  time: '2026-03-01T06:15:00.123456789Z',
  deviceInfo: { deviceName: 'Gauge at the old mill', devEui: '24e124136b502345' },
  fCnt: 4711,
  fPort: 2,
  data: 'AAk=',
  object: { water_level_cm: 245.5 },
  rxInfo: [{ rssi: -97, snr: 7.2 }],
};
export const TTS_EXAMPLE = {
  end_device_ids: { device_id: 'gauge-at-the-old-mill', dev_eui: '24E124136B502345' },
  received_at: '2026-03-01T06:15:00.400Z',
  uplink_message: {
    f_cnt: 4711,
    f_port: 2,
    frm_payload: 'AAk=',
    decoded_payload: { water_level_cm: 245.5 },
    rx_metadata: [{ rssi: -97, snr: 7.2 }],
    received_at: '2026-03-01T06:15:00.123456789Z',
  },
};
