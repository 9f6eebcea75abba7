import { deviceIdSchema, uuidSchema } from '../../common/validation/schemas.js';

/** Stands between device and credential in a user name; no device id holds it. */
const SEPARATOR = '~';

/** What an MQTT user name says: whose it is, and which of the device's credentials. */
export interface MqttUser {
  readonly deviceId: string;
  /** Row in `device_credentials`; null in names of earlier versions, which were the device's id alone. */
  readonly credentialId: string | null;
}

/**
 * The MQTT user name of a credential, `<deviceId>~<credentialId>`; also the common name of a client certificate, so that
 * a broker knows a device by the same name whichever way it came. Each credential has a name of its own, because a broker's
 * user has one password, and two have to work while a device changes over.
 */
export function mqttUserName(deviceId: string, credentialId: string): string {
  return `${deviceId}${SEPARATOR}${credentialId}`;
}

/** Takes a user name apart; null for what is none of a device. */
export function parseMqttUserName(text: string): MqttUser | null {
  const at = text.indexOf(SEPARATOR);
  const deviceId = deviceIdSchema.safeParse(at === -1 ? text : text.slice(0, at));
  if (!deviceId.success) return null;
  if (at === -1) return { deviceId: deviceId.data, credentialId: null };
  const credentialId = text.slice(at + 1);
  // Written in one way only: the name in another spelling is another name.
  const isId = uuidSchema.safeParse(credentialId).data === credentialId;
  return isId ? { deviceId: deviceId.data, credentialId } : null;
}
