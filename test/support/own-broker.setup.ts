import { afterAll } from 'vitest';
import { startMosquitto } from '../../scripts/services/mosquitto.mjs';

/** Each file of end-to-end tests has a broker of its own: on the same one, applications hear all devices there are. */
const broker = await startMosquitto();
process.env['TEST_MQTT_URL'] = broker.url;

afterAll(() => broker.stop());
