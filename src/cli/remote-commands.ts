import { Command, InvalidArgumentError, Option } from 'commander';
import type { Report } from './report.js';
import type { DeviceListOptions, RotateOptions } from './devices/device-commands.js';
import type { ProvisionOptions } from './provision/provision.js';
import { count, duration, seconds, withConnection, type ConnectionOptions } from './remote/connection-options.js';
import type { SimulateOptions } from './simulate/simulate.js';

const DAY_SECONDS = 86_400;
const KINDS = ['api_key', 'mqtt', 'hmac', 'certificate'];
const HEALTH = ['online', 'late', 'offline', 'never_seen', 'maintenance', 'deactivated'];

type OnExit = (code: number) => void;

/** The commands that speak to an installation by its API. They need neither its database nor its environment. */
export function remoteCommands(print: Report, onExit: OnExit): Command[] {
  return [provisionCommand(print, onExit), simulateCommand(print, onExit), deviceCommand(print, onExit)];
}

function provisionCommand(print: Report, onExit: OnExit): Command {
  return withConnection(
    new Command('provision')
      .description(
        'Register the devices of a CSV file and write the credentials of each; exit code 4 when some of them failed, ' +
          '130 when it was interrupted',
      )
      .argument('<file.csv>', 'columns: device_id, name, municipality, auth_methods, latitude, longitude, sensors, …')
      .option('--dry-run', 'check every line here and on the server; store nothing')
      .option('--output <folder|file.zip>', 'where the bundles go; beside the file unless given')
      .option('--resume', 'go on with an earlier run; lines that were done stay done')
      .option('--reissue', 'give devices that exist already new credentials')
      .option('--overlap <duration>', 'how long their old ones go on working', duration, DAY_SECONDS)
      .option('--concurrency <n>', 'requests at the same time', count, 2)
      .option('--chunk <n>', 'devices of one request', count, 10)
      .option('--mqtt-url <address>', 'broker of the devices; mqtts://<host of the API>:8883 unless given'),
  ).action(async (file: string, options: ProvisionOptions) => {
    const { provision } = await import('./provision/provision.js');
    onExit(await provision(file, options, print));
  });
}

function simulateCommand(print: Report, onExit: OnExit): Command {
  return withConnection(
    new Command('simulate')
      .description('Play devices against the real broker: readings, heartbeats, storms and faults')
      .option('--bundles <folder|file.zip>', 'bundles that provision wrote')
      .option('--register <n>', 'register so many devices of its own first', count)
      .option('--municipality <id|code>', 'where they are registered')
      .option('--prefix <text>', 'what their ids begin with', 'sim')
      .option('--output <folder>', 'where their bundles go; simulated-<prefix> unless given')
      .option('--devices <n>', 'play only so many', count)
      .option('--profile <names>', 'river, rain, pressure, reservoir; by what its sensors are unless given', words)
      .option('--duration <duration>', 'end after this time', duration, 60)
      .option('--rate <n>', 'readings of a device per minute', seconds, 12)
      .option('--seed <text>', 'another seed, another weather', '1')
      .option('--storm', 'heavy rain from the beginning')
      .option(
        '--faults <names>',
        'silence, stuck, drift, range, duplicates, late, clock, unsigned, tampered; or all',
        words,
      )
      .option('--signed', 'sign readings with the HMAC secret of the bundle')
      .option('--mqtt-url <address>', 'another broker than the bundles name')
      .addOption(
        new Option(
          '--mqtt-version <version>',
          'version of the protocol; unless given also 3.1.1 where the broker knows no newer one',
        )
          .choices(['3.1.1', '5'])
          .default('5'),
      ),
  ).action(async (options: SimulateOptions) => {
    const { simulate } = await import('./simulate/simulate.js');
    onExit(await simulate(options, print));
  });
}

function deviceCommand(print: Report, onExit: OnExit): Command {
  const device = new Command('device').description('Look at devices, stop them, give them new credentials');
  const add = (command: Command): void => void device.addCommand(withConnection(command).exitOverride());
  add(
    new Command('list')
      .description('Devices with their health')
      .option('--health <states>', `only in these states: ${HEALTH.join(', ')}`, health)
      .action(async (options: DeviceListOptions) => {
        const { listDevices } = await import('./devices/device-commands.js');
        await listDevices(options, print);
      }),
  );
  add(
    new Command('show')
      .description('One device with its health, sensors and ways to authenticate')
      .argument('<deviceId>')
      .action(async (deviceId: string, options: ConnectionOptions) => {
        const { showDevice } = await import('./devices/device-commands.js');
        await showDevice(deviceId, options, print);
      }),
  );
  add(rotateCommand(print));
  for (const [name, what] of [
    ['deactivate', 'Stop devices at every door, within a second'],
    ['reactivate', 'Allow devices again'],
  ] as const) {
    add(
      new Command(name)
        .description(what)
        .argument('<deviceId...>')
        .action(async (deviceIds: string[], options: ConnectionOptions) => {
          const { changeDevices } = await import('./devices/device-commands.js');
          onExit(await changeDevices(name, deviceIds, options, print));
        }),
    );
  }
  return device;
}

function rotateCommand(print: Report): Command {
  return new Command('rotate')
    .description('Give a device a new credential and write it into a bundle')
    .argument('<deviceId>')
    .addOption(new Option('--kind <kind>', 'what to renew').choices(KINDS).default('api_key'))
    .option('--overlap <duration>', 'how long those it has go on working', duration, DAY_SECONDS)
    .option('--output <folder>', 'where the bundle goes; <deviceId>-<kind>-<time> unless given')
    .option('--mqtt-url <address>', 'broker of the device; has to be given for mqtt and certificate')
    .action(async (deviceId: string, options: RotateOptions) => {
      const { rotateCredential } = await import('./devices/device-commands.js');
      await rotateCredential(deviceId, options, print);
    });
}

function words(text: string): string[] {
  return text.split(',').flatMap((word) => word.trim() || []);
}

function health(text: string): string[] {
  const wanted = words(text);
  const unknown = wanted.find((word) => !HEALTH.includes(word));
  if (unknown !== undefined) throw new InvalidArgumentError(`"${unknown}" is none of ${HEALTH.join(', ')}.`);
  return wanted;
}
