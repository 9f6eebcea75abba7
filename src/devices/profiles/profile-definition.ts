import { z } from 'zod';
import { metricCodeSchema } from '../../common/validation/schemas.js';
import { compileRecords, compileSingular, MAX_PATH_LENGTH, PathError } from './json-path.js';

/** Forms of payload that a profile can be about. */
export const PROFILE_FORMATS = [
  'json',
  'senml',
  'thingsboard',
  'sparkplug_json',
  'chirpstack',
  'tts',
  'binary',
] as const;
export type ProfileFormat = (typeof PROFILE_FORMATS)[number];

/** What a device can say of its values; the words of reading sets. */
const QUALITY_WORDS = ['good', 'suspect', 'bad', 'estimated', 'missing'] as const;

/** Bounds that keep one message cheap, whatever a profile says. */
const MAX_MAPPINGS = 100;
const MAX_ENTRIES = 100;
const MAX_FRAMES = 16;
/** The largest LoRaWAN payload has 242 bytes; devices with a network of their own may send more. */
const MAX_BYTES = 4_096;

/** Text that a database can store. */
const textSchema = z
  .string()
  .min(1)
  .max(MAX_PATH_LENGTH)
  .refine((text) => text.isWellFormed() && !text.includes('\0'), 'holds text that cannot be stored');

function pathSchema(compile: (path: string) => unknown, description: string) {
  return textSchema
    .superRefine((path, context) => {
      try {
        compile(path);
      } catch (error) {
        if (!(error instanceof PathError)) throw error;
        context.addIssue({ code: 'custom', params: { code: 'INVALID_PATH' }, message: error.message });
      }
    })
    .describe(description);
}

const singularSchema = pathSchema(
  compileSingular,
  'JSONPath (RFC 9535) to one value; `$` is the message, `@` the record',
);
const recordsSchema = pathSchema(compileRecords, 'JSONPath to the records, such as `$.data` or `$.data[*]`');

/** A record of few entries, each with a short key. */
function entriesSchema<T extends z.ZodType>(values: T) {
  return z
    .record(textSchema, values)
    .refine((entries) => Object.keys(entries).length <= MAX_ENTRIES, `must not have more than ${MAX_ENTRIES} entries`);
}

const finite = z.number().min(-1e15).max(1e15);

/** How a raw value becomes the value of a metric. */
const ruleFields = {
  code: metricCodeSchema.describe('Code of the sensor that gets the value'),
  factor: finite.optional().describe('The value is raw × factor + offset, to 12 significant digits'),
  offset: finite.optional(),
  min: finite.optional().describe('A raw value below is a mark of the vendor for "no value", and is set aside'),
  max: finite.optional().describe('The same above'),
  map: entriesSchema(finite).optional().describe('Words that stand for numbers: `{"open": 1, "closed": 0}`'),
};

const whenSchema = z
  .strictObject({ path: singularSchema, equals: z.union([z.string().max(MAX_PATH_LENGTH), finite, z.boolean()]) })
  .describe('Only where the value at the path equals this');
const healthSchema = z.strictObject({
  path: singularSchema,
  factor: ruleFields.factor,
  offset: ruleFields.offset,
  map: ruleFields.map,
});
const timestampSchema = z.strictObject({
  path: singularSchema,
  unit: z
    .enum(['auto', 's', 'ms', 'iso', 'iso_utc', 'relative'])
    .default('auto')
    .describe(
      '`auto`: as in reading sets; `iso`: RFC 3339; `iso_utc`: ISO without an offset is UTC; `relative`: seconds to add to the time of arrival',
    ),
  optional: z.boolean().default(true).describe('Without a timestamp the time of arrival counts; false: it is refused'),
});
const qualitySchema = z.strictObject({
  path: singularSchema,
  map: entriesSchema(z.enum(QUALITY_WORDS)),
  otherwise: z.enum(QUALITY_WORDS).default('suspect').describe('For what the map does not name'),
});
const unmappedSchema = z
  .enum(['ignore', 'reject'])
  .default('ignore')
  .describe('What happens to fields that are not named: nothing, or a rejection UNKNOWN_METRIC');

const mappingFields = {
  records: recordsSchema.optional(),
  timestamp: timestampSchema.optional(),
  seq: singularSchema.optional().describe('Path to a counter that grows by one with each message'),
  quality: qualitySchema.optional(),
  values: z
    .array(z.strictObject({ path: singularSchema, ...ruleFields, when: whenSchema.optional() }))
    .min(1)
    .max(MAX_MAPPINGS),
  battery: healthSchema.optional().describe('Battery in percent: the metric `battery_level`'),
  signal: healthSchema.optional().describe('Signal strength in dBm: the metric `signal_strength`'),
};

/** The one mistake that everybody makes once: then nothing is ever found. */
const inRecords = ({
  records,
  values,
}: {
  records?: string | undefined;
  values: readonly { path: string }[];
}): boolean => records === undefined || values.some(({ path }) => path.startsWith('@'));
const IN_RECORDS = { path: ['values'], error: 'with `records`, paths into a record begin with @, such as @.level' };

const metricsSchema = z
  .array(z.strictObject({ name: textSchema.describe('Name of the value in the payload'), ...ruleFields }))
  .max(MAX_MAPPINGS)
  .superRefine((metrics, context) => {
    const names = metrics.map(({ name }) => name);
    names.forEach((name, index) => {
      if (names.indexOf(name) === index) return;
      const message = `"${name}" stands there twice`;
      context.addIssue({ code: 'custom', path: [index, 'name'], params: { code: 'DUPLICATE_NAME' }, message });
    });
  })
  .optional()
  .describe('Names that are not the code of a sensor, or values that have to be converted');

const fPortSchema = z.int().min(0).max(255);
const endianSchema = z.enum(['big', 'little']);
const positionSchema = z.int().min(0).max(MAX_BYTES);

const frameSchema = z
  .strictObject({
    fPort: fPortSchema.optional().describe('Only uplinks of this LoRaWAN port'),
    length: z.int().min(1).max(MAX_BYTES).optional().describe('Only payloads of this many bytes'),
    when: z
      .strictObject({ at: positionSchema, equals: z.int().min(0).max(255) })
      .optional()
      .describe('Only payloads with this byte at this position, such as a message type'),
    endian: endianSchema.default('big'),
    timestamp: z
      .strictObject({ at: positionSchema, unit: z.enum(['s', 'age_s']).default('s') })
      .optional()
      .describe('Four bytes: epoch seconds, or how many seconds ago'),
    fields: z
      .array(
        z.strictObject({
          at: positionSchema.describe('Position of the first byte'),
          type: z.enum(['u8', 'i8', 'u16', 'i16', 'u24', 'i24', 'u32', 'i32', 'f32', 'f64']),
          endian: endianSchema.optional(),
          bits: z
            .strictObject({ from: z.int().min(0).max(31), count: z.int().min(1).max(32) })
            .optional()
            .describe('Only these bits of an unsigned number; bit 0 is the lowest'),
          ...ruleFields,
        }),
      )
      .min(1)
      .max(MAX_MAPPINGS),
  })
  .describe('What the bytes of one kind of payload mean');
const framesSchema = z.array(frameSchema).min(1).max(MAX_FRAMES);

const namesFields = { metrics: metricsSchema, unmapped: unmappedSchema };
const uplinkFields = {
  fPorts: z.array(fPortSchema).min(1).max(MAX_FRAMES).optional().describe('Uplinks of other ports hold no readings'),
  mapping: z
    .strictObject(mappingFields)
    .refine(inRecords, IN_RECORDS)
    .optional()
    .describe('Paths in what the network server decoded'),
  frames: framesSchema.optional().describe('The bytes themselves, where the network server decodes nothing'),
  ...namesFields,
};
const ONE_WAY = { path: ['mapping'], error: 'give one of mapping, frames and metrics' };
const oneWay = ({ mapping, frames, metrics }: { mapping?: unknown; frames?: unknown; metrics?: unknown }): boolean =>
  [mapping, frames, metrics].filter((way) => way !== undefined).length <= 1;

/** How payloads are read: data only, so that it can come from anybody who may keep profiles. */
export const profileDefinitionSchema = z.discriminatedUnion('format', [
  z
    .strictObject({ format: z.literal('json'), ...mappingFields, unmapped: unmappedSchema })
    .refine(inRecords, IN_RECORDS),
  z.strictObject({ format: z.literal('senml'), ...namesFields }),
  z.strictObject({ format: z.literal('thingsboard'), ...namesFields }),
  z.strictObject({ format: z.literal('sparkplug_json'), ...namesFields }),
  z.strictObject({ format: z.literal('chirpstack'), ...uplinkFields }).refine(oneWay, ONE_WAY),
  z
    .strictObject({
      format: z.literal('tts'),
      normalized: z.boolean().default(false).describe('Read `normalized_payload` instead of `decoded_payload`'),
      ...uplinkFields,
    })
    .refine(oneWay, ONE_WAY),
  z.strictObject({ format: z.literal('binary'), frames: framesSchema }),
]);
export type ProfileDefinition = z.infer<typeof profileDefinitionSchema>;
export type MappingDefinition = Omit<Extract<ProfileDefinition, { format: 'json' }>, 'format' | 'unmapped'>;
export type FrameDefinition = z.infer<typeof frameSchema>;
export type QualityWord = (typeof QUALITY_WORDS)[number];
export type TimestampUnit = z.infer<typeof timestampSchema>['unit'];
