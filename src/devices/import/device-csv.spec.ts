import { describe, expect, it } from 'vitest';
import { ValidationError } from '../../common/errors/errors.js';
import { readDeviceCsv } from './device-csv.js';

const read = (text: string | Uint8Array, most = 100) => readDeviceCsv(Buffer.from(text), most);

/** What is wrong with the file as a whole. */
function refusal(text: string | Uint8Array, most?: number): string | undefined {
  try {
    read(text, most);
    return undefined;
  } catch (error) {
    if (error instanceof ValidationError) return error.code;
    throw error;
  }
}

describe('readDeviceCsv', () => {
  it('reads what Excel writes: byte order mark, semicolons, CRLF, quotes, decimal commas, empty lines', () => {
    const { rows, separator } = read(
      '\uFEFFDevice_ID;Name;Latitude;Longitude;Metadata.Mast\r\n' +
        'dev-1;"Gauge; ""upper""\r\n mill";47,07;15,43;M-4\r\n' +
        ';;;;\r\n\r\n' +
        'dev-2;Plain;;;\r\n',
    );
    expect(separator).toBe(';');
    // A line break in a name is refused by the schema, at the line that the record begins on.
    expect(rows.map(({ line, deviceId, input }) => [line, deviceId, input?.name])).toEqual([
      [2, 'dev-1', undefined],
      [6, 'dev-2', 'Plain'],
    ]);
    expect(rows[0]!.errors.map(({ path }) => path)).toEqual(['name']);
  });

  it('reads every column', () => {
    const { rows } = read(
      'device_id,name,municipality,auth_methods,latitude,longitude,sensors,heartbeat_interval_seconds,' +
        'reporting_interval_seconds,protocol,profile,dev_eui,signature_required,metadata.Mast\n' +
        'dev-1, Gauge ,town,mqtt; hmac|api_key,-47.5,15,water_level_cm|battery_level:batt,300,' +
        '900,mqtt,dragino_lds,A8404100000000FF,Yes,M-4\n',
    );
    expect(rows[0]).toMatchObject({
      line: 2,
      municipality: 'town',
      input: {
        deviceId: 'dev-1',
        name: 'Gauge',
        authMethods: ['mqtt', 'hmac', 'api_key'],
        latitude: -47.5,
        longitude: 15,
        sensors: [{ typeCode: 'water_level_cm' }, { typeCode: 'battery_level', code: 'batt' }],
        heartbeatIntervalSeconds: 300,
        reportingIntervalSeconds: 900,
        protocolCode: 'mqtt',
        profileCode: 'dragino_lds',
        devEui: 'a8404100000000ff',
        signatureRequired: true,
        metadata: { Mast: 'M-4' },
      },
      errors: [],
    });
  });

  it.each([
    ['47,5', 'latitude'],
    ['1e1', 'latitude'],
    ['0x10', 'latitude'],
    ['91', 'latitude'],
    ['north', 'latitude'],
  ])('does not guess what %s means with commas between cells', (cell, column) => {
    const { rows } = read(`device_id,name,latitude,longitude\ndev-1,One,"${cell}",15\n`);
    expect(rows[0]!.input).toBeUndefined();
    expect(rows[0]!.errors.map(({ path }) => path)).toContain(column);
  });

  it('names the column and the place of what is wrong', () => {
    const { rows } = read(
      'device_id,name,auth_methods,sensors,dev_eui,signature_required\nx,,api_key|voice,Water|a:b:c,a840,maybe\n',
    );
    expect(rows[0]!.errors.map(({ path }) => path)).toEqual([
      'device_id',
      'name',
      'auth_methods.1',
      'sensors.0.typeCode',
      'sensors.1.code',
      'signature_required',
      'dev_eui',
    ]);
  });

  it('takes a DevEUI once in each municipality', () => {
    const { rows } = read(
      'device_id,name,municipality,dev_eui\n' +
        'dev-1,One,,a8404100000000ff\ndev-2,Two,,A8404100000000FF\ndev-3,Three,town,a8404100000000ff\n',
    );
    expect(rows.map(({ errors }) => errors.map(({ path, code }) => [path, code]))).toEqual([
      [],
      [['dev_eui', 'DUPLICATE_IN_FILE']],
      [],
    ]);
  });

  it('lets a wrong line cost only itself', () => {
    const { rows } = read('device_id,name\ndev-1,One,more\ndev-2\ndev-3,Pump "A"\ndev-3,Again\n');
    expect(rows.map(({ input, errors }) => errors[0]?.code ?? input?.name)).toEqual([
      'WRONG_NUMBER_OF_CELLS',
      'WRONG_NUMBER_OF_CELLS',
      'Pump "A"',
      'DUPLICATE_IN_FILE',
    ]);
  });

  it.each([
    ['', 'EMPTY_FILE'],
    ['device_id\ndev-1\n', 'MISSING_COLUMN'],
    ['device_id,name,colour\n', 'UNKNOWN_COLUMN'],
    ['device_id,name,metadata.\n', 'UNKNOWN_COLUMN'],
    ['device_id,name,constructor\n', 'UNKNOWN_COLUMN'],
    ['device_id,name,Name\n', 'DUPLICATE_COLUMN'],
    ['device_id,name\ndev-1,"One\ndev-2,Two\n', 'MALFORMED_CSV'],
    [Buffer.from('device_id,name\ndev-1,Br\xfccke\n', 'latin1'), 'NOT_UTF8'],
    [Buffer.from('\uFEFFdevice_id,name\n', 'utf16le'), 'NOT_UTF8'],
  ])('refuses %j as a whole', (text, code) => {
    expect(refusal(text)).toBe(code);
  });

  it('refuses more lines than are taken at once', () => {
    const lines = ['device_id,name', 'dev-1,One', 'dev-2,Two'].join('\n');
    expect(refusal(lines, 1)).toBe('TOO_MANY_ROWS');
    expect(refusal(lines, 2)).toBeUndefined();
  });
});
