import { metricCodeSchema } from '../../common/validation/schemas.js';

/** Code of a payload profile, in snake_case; devices name it. */
export const profileCodeSchema = metricCodeSchema.describe('Code of a payload profile');
