import { z } from 'zod';
import { passwordSchema } from '../../users/user.schemas.js';
import { codeSchema } from '../auth.schemas.js';

const EXAMPLE_PASSWORD = 'river-stone-lantern-42';
const EXAMPLE_CODE = '492039';

/** Answer of `GET /auth/second-factor`. */
export const secondFactorSchema = z.object({
  enabled: z.boolean(),
  recoveryCodesLeft: z.int().describe('Recovery codes that were not used yet'),
});
export type SecondFactorResponse = z.infer<typeof secondFactorSchema>;

/** Body of `POST /auth/second-factor/enrol`. */
export const enrolSchema = z
  .strictObject({ password: passwordSchema })
  .meta({ example: { password: EXAMPLE_PASSWORD } });
export type Enrol = z.infer<typeof enrolSchema>;

/** Answer of `POST /auth/second-factor/enrol`. */
export const enrolmentSchema = z.object({
  secret: z.string().describe('Key for the authenticator app, base32; shown this once'),
  uri: z.string().describe('The same as `otpauth://` address, to be shown as a QR code'),
});
export type EnrolmentResponse = z.infer<typeof enrolmentSchema>;

/** A real answer, for the API documentation. */
export const ENROLMENT_EXAMPLE: EnrolmentResponse = {
  secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  uri: 'otpauth://totp/HydroAlert:control.room%40sollen.example?issuer=HydroAlert&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=SHA1&digits=6&period=30',
};

/** Body of `POST /auth/second-factor/confirm`. */
export const confirmSchema = z.strictObject({ code: codeSchema }).meta({ example: { code: EXAMPLE_CODE } });
export type Confirm = z.infer<typeof confirmSchema>;

/** Body of `POST /auth/second-factor/disable` and `…/recovery-codes`. */
export const proofSchema = z
  .strictObject({ password: passwordSchema, code: codeSchema })
  .meta({ example: { password: EXAMPLE_PASSWORD, code: EXAMPLE_CODE } });
export type ProofBody = z.infer<typeof proofSchema>;

/** Answer of calls that draw recovery codes. */
export const recoveryCodesSchema = z.object({
  recoveryCodes: z.array(z.string()).describe('Each is good once in the place of a code; shown this once'),
});
export type RecoveryCodesResponse = z.infer<typeof recoveryCodesSchema>;

/** A real answer, for the API documentation; it is cut. */
export const RECOVERY_CODES_EXAMPLE: RecoveryCodesResponse = {
  recoveryCodes: ['k7qd-x2mn-84ru-hv3e', 'w5tb-p9ca-6zfj-2kys'],
};
