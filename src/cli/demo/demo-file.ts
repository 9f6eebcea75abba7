import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { riskThresholdsSchema } from '../../devices/sensors/risk-thresholds.js';
import { ROLE_CODES } from '../../users/role-code.js';

/** Only the owner may read it: it holds every password of the demo. */
const PRIVATE_MODE = 0o600;

const userSchema = z.object({
  email: z.string(),
  password: z.string(),
  role: z.enum(ROLE_CODES),
  /** Id of the municipality; null for the super admin. */
  municipality: z.string().nullable(),
});

const deviceSchema = z.object({
  deviceId: z.string(),
  municipality: z.string(),
  simulated: z.boolean(),
  apiKey: z.string(),
  hmac: z.object({ keyId: z.string(), secret: z.string() }),
  mqtt: z.object({ username: z.string(), password: z.string() }),
  metrics: z.array(z.string()),
  role: z.string(),
  river: z.string().optional(),
  pipeline: z.string().optional(),
  order: z.int().optional(),
  thresholds: z.record(z.string(), riskThresholdsSchema).optional(),
  heartbeatIntervalSeconds: z.int(),
});

const demoFileSchema = z.object({ users: z.array(userSchema), devices: z.array(deviceSchema) });

/** Who can sign in to the demo, and its devices with their secrets. */
export type DemoFile = z.infer<typeof demoFileSchema>;
export type DemoFileUser = DemoFile['users'][number];
export type DemoFileDevice = DemoFile['devices'][number];

/**
 * What an earlier run wrote; nothing when the file is missing, empty or of another version, since whatever is missing is
 * made anew.
 */
export function readDemoFile(path: string): DemoFile {
  const nothing: DemoFile = { users: [], devices: [] };
  if (!existsSync(path)) return nothing;
  try {
    return demoFileSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return nothing;
    throw error;
  }
}

/** Writes the file as a whole or not at all. */
export function writeDemoFile(path: string, file: DemoFile): void {
  const unfinished = `${path}.new`;
  writeFileSync(unfinished, `${JSON.stringify(file, null, 2)}\n`, { mode: PRIVATE_MODE });
  renameSync(unfinished, path);
}
