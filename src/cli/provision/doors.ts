import { CliError } from '../remote/cli-error.js';
import { readText } from '../remote/connection.js';
import type { Doors } from './device-bundle.js';

/**
 * Where devices report: the broker stands beside the API unless it is said where.
 * @param url of the installation
 * @throws CliError for a broker's address that is none
 */
export function doorsOf(url: string, { mqttUrl, caFile }: { mqttUrl?: string; caFile?: string }): Doors {
  const { protocol, hostname } = new URL(url);
  const beside = protocol === 'https:' ? `mqtts://${hostname}:8883` : `mqtt://${hostname}:1883`;
  const broker = mqttUrl ?? beside;
  if (!/^(mqtts?|wss?):\/\/[^/@]+(\/.*)?$/.test(broker)) {
    throw new CliError(`"${broker}" is no address of a broker; it looks like mqtts://broker.example:8883.`);
  }
  return { url, mqttUrl: broker, ...(caFile !== undefined && { serverCa: readText(caFile) }) };
}
