/** Where devices that were made for ThingsBoard publish: who it is, the connection has to say. */
const THINGSBOARD_TELEMETRY = 'v1/devices/me/telemetry';

/**
 * The topic that a message belongs to: telemetry of a ThingsBoard device to the device's own topic, by the name that it
 * signed in with (`<deviceId>~<credentialId>`); any other stays. Whether it may publish there is decided afterwards.
 * @param {string} topic
 * @param {string | undefined} username
 */
export function ownTopic(topic, username) {
  if (topic !== THINGSBOARD_TELEMETRY || username === undefined) return topic;
  return `sensors/${username.split('~', 1)[0]}/data`;
}
