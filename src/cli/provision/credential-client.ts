import type { AuthMethod } from '../../devices/credentials/credential.schemas.js';
import type { Api } from '../remote/api.js';
import type { DeviceSecrets } from './device-bundle.js';

/** Gets a device a new credential of one kind; those it has end after the overlap. */
export async function issueCredential(
  api: Api,
  deviceId: string,
  kind: AuthMethod,
  overlapSeconds: number,
): Promise<DeviceSecrets> {
  const path = `/devices/${encodeURIComponent(deviceId)}/credentials`;
  const { data } = await api.post<{ credentials: DeviceSecrets }>(path, { kind, overlapSeconds });
  return data.credentials;
}
