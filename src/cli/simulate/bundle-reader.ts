import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import type { MqttTlsOptions } from '../../mqtt/mqtt.options.js';
import type { CredentialsFile } from '../provision/credentials-file.js';
import { CliError } from '../remote/cli-error.js';

/** The bundle of one device, as `provision` wrote it. */
export interface LoadedBundle {
  readonly credentials: CredentialsFile;
  readonly tls: MqttTlsOptions;
}

type ReadText = (name: string) => string;

/** Reads all bundles of a folder or an archive, by device id. @throws CliError when there are none */
export function readBundles(path: string): LoadedBundle[] {
  let bundles: LoadedBundle[];
  try {
    bundles = statSync(path).isDirectory() ? fromFolder(path) : fromArchive(path);
  } catch (error) {
    throw new CliError(`${path} cannot be read: ${(error as Error).message}`);
  }
  if (bundles.length === 0) throw new CliError(`${path} holds no bundle of a device.`);
  return bundles.sort((one, other) => (one.credentials.deviceId < other.credentials.deviceId ? -1 : 1));
}

function fromFolder(path: string): LoadedBundle[] {
  const folders = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name }) =>
    name.startsWith('.') ? [] : load((file) => readFileSync(join(path, name, file), 'utf8')),
  );
}

function fromArchive(path: string): LoadedBundle[] {
  const files = unzipSync(readFileSync(path));
  const devices = new Set(Object.keys(files).flatMap((name) => name.split('/')[0] ?? []));
  return [...devices].flatMap((device) =>
    load((file) => {
      const bytes = files[`${device}/${file}`];
      if (bytes === undefined) throw new Error(`${device}/${file} is missing`);
      return strFromU8(bytes);
    }),
  );
}

function load(read: ReadText): LoadedBundle[] {
  const credentials = JSON.parse(read('credentials.json')) as CredentialsFile;
  const { certificate, serverCaFile, mqtt } = credentials;
  // Without TLS to the broker there is nobody to show a certificate to.
  if (!mqtt.tls) return [{ credentials, tls: {} }];
  const own =
    certificate?.keyFile === undefined
      ? {}
      : { cert: read(certificate.certificateFile), key: read(certificate.keyFile) };
  return [{ credentials, tls: { ...own, ...(serverCaFile !== undefined && { ca: read(serverCaFile) }) } }];
}
