import { resolve } from 'node:path';
import type { AuthMethod } from '../../devices/credentials/credential.schemas.js';
import { writeBundle } from '../provision/bundle-output.js';
import { issueCredential } from '../provision/credential-client.js';
import { bundleOf } from '../provision/device-bundle.js';
import { doorsOf } from '../provision/doors.js';
import { ApiError, type Api } from '../remote/api.js';
import { CliError, EXIT_SOME_FAILED } from '../remote/cli-error.js';
import { connect } from '../remote/connection.js';
import type { ConnectionOptions } from '../remote/connection-options.js';
import type { Report } from '../report.js';

/** Options of `device list`. */
export interface DeviceListOptions extends ConnectionOptions {
  readonly health?: readonly string[];
}

/** Options of `device rotate`. */
export interface RotateOptions extends ConnectionOptions {
  readonly kind: AuthMethod;
  readonly overlap: number;
  readonly output?: string;
  readonly mqttUrl?: string;
}

interface ListedDevice {
  readonly deviceId: string;
  readonly name: string;
  readonly health: { readonly status: string; readonly lastSeenAt: string | null; readonly reason: string | null };
}
interface ShownDevice extends ListedDevice {
  readonly authMethods: readonly string[];
  readonly profileCode: string | null;
  readonly sensors: readonly { readonly code: string; readonly typeCode: string }[];
}

/** Prints a line for each device; with `health` those in these states only. */
export function listDevices({ health, ...options }: DeviceListOptions, print: Report): Promise<void> {
  return withApi(options, async (api) => {
    let shown = 0;
    for await (const device of api.pages<ListedDevice>('/devices')) {
      if (health !== undefined && !health.includes(device.health.status)) continue;
      shown += 1;
      print(
        [device.deviceId, device.health.status, device.health.lastSeenAt ?? '-', device.health.reason ?? ''].join('\t'),
      );
    }
    print(`${shown} devices`);
  });
}

/** Prints all that the API tells about a device. */
export function showDevice(deviceId: string, options: ConnectionOptions, print: Report): Promise<void> {
  return withApi(options, async (api) => {
    const { data } = await api.get<ShownDevice>(pathOf(deviceId));
    print(JSON.stringify(data, null, 2));
  });
}

/** Credentials that open the broker only. */
const FOR_THE_BROKER: readonly AuthMethod[] = ['mqtt', 'certificate'];

/**
 * Gets a new credential and writes it into a bundle of its own; it is shown nowhere else.
 * @throws CliError
 */
export function rotateCredential(deviceId: string, options: RotateOptions, print: Report): Promise<void> {
  const { kind, overlap, output, mqttUrl } = options;
  // A guess in the bundle would send the device to a broker that may not be there, after the old password has ended.
  if (mqttUrl === undefined && FOR_THE_BROKER.includes(kind)) {
    throw new CliError(`Say where the broker of the device is: --mqtt-url mqtts://… (mqtt.url of its old bundle).`);
  }
  return withApi(options, async (api) => {
    const { data } = await api.get<ShownDevice>(pathOf(deviceId));
    const doors = doorsOf(api.url, options);
    const secrets = await issueCredential(api, deviceId, kind, overlap);
    const now = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
    const folder = resolve(output ?? `${deviceId}-${kind}-${now}`);
    const sensors = data.sensors.map(({ code, typeCode }) => ({ code, typeCode }));
    const device = { deviceId, name: data.name, ...(data.profileCode && { profile: data.profileCode }), sensors };
    writeBundle(folder, deviceId, bundleOf(device, secrets, doors));
    print(`${deviceId} has a new ${kind}; it is in ${folder}`);
    print(overlap === 0 ? 'The ones before it have ended.' : `The ones before it end in ${overlap} s.`);
  });
}

/** Deactivates or reactivates devices. @returns the exit code */
export function changeDevices(
  what: 'deactivate' | 'reactivate',
  deviceIds: readonly string[],
  options: ConnectionOptions,
  print: Report,
): Promise<number> {
  return withApi(options, async (api) => {
    let failed = 0;
    for (const deviceId of deviceIds) {
      try {
        const { data } = await api.post<{ status: string }>(`${pathOf(deviceId)}/${what}`);
        print(`${deviceId} is ${data.status}`);
      } catch (error) {
        // One that is not there says nothing about the others; a token that is refused does.
        if (!(error instanceof ApiError) || error.status === 401 || deviceIds.length === 1) throw error;
        failed += 1;
        print(`${deviceId}: ${error.message}`);
      }
    }
    return failed === 0 ? 0 : EXIT_SOME_FAILED;
  });
}

async function withApi<T>(options: ConnectionOptions, work: (api: Api) => Promise<T>): Promise<T> {
  const onWait = (why: string, ms: number): void =>
    void process.stderr.write(`${why}; again in ${Math.ceil(ms / 1000)} s\n`);
  const api = await connect(options, { onWait });
  try {
    return await work(api);
  } finally {
    api.close();
  }
}

function pathOf(deviceId: string): string {
  return `/devices/${encodeURIComponent(deviceId)}`;
}
