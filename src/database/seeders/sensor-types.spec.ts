import { describe, expect, it } from 'vitest';
import { metricCodeSchema } from '../../common/validation/schemas.js';
import { SENSOR_TYPES } from './sensor-types.js';

describe('the seeded sensor types', () => {
  it('have codes that devices can send, each once', () => {
    const codes = SENSOR_TYPES.map(({ code }) => metricCodeSchema.parse(code));
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('include those of the contract', () => {
    const codes = SENSOR_TYPES.map(({ code }) => code);
    const named =
      'water_level_cm rainfall_mm flow_m3h pressure_bar temperature_c battery_level signal_strength turbidity_ntu';
    expect(codes).toEqual(expect.arrayContaining([...named.split(' '), 'chlorine_mg_l']));
  });

  it.each(SENSOR_TYPES)('$code has thresholds in order, inside its range', ({ validMin, validMax, thresholds }) => {
    expect(validMin).toBeLessThan(validMax);
    if (!thresholds) return;
    const { direction, medium, high, critical } = thresholds;
    const steps = [medium, high, critical].filter((step) => step !== undefined);
    for (const step of steps) expect(step >= validMin && step <= validMax).toBe(true);
    expect(steps).toEqual(steps.toSorted((a, b) => (direction === 'above' ? a - b : b - a)));
  });
});
