import type {
  DeviceCompletenessResponse,
  DeviceSummaryResponse,
  MunicipalityCompletenessResponse,
} from './completeness.schemas.js';

const CLOCK_SKEW = { minSeconds: 0.4, typicalSeconds: 1.25, maxSeconds: 2710.8 };
const DAY = { from: '2026-03-01T00:00:00.000Z', to: '2026-03-02T00:00:00.000Z' };

/** Real answers, for the API documentation. */
export const DEVICE_COMPLETENESS_EXAMPLE: DeviceCompletenessResponse = {
  deviceId: 'river-gauge-017',
  municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
  reportingIntervalSeconds: 900,
  ...DAY,
  expected: 96,
  received: 95,
  percent: 99,
  gaps: [
    {
      expectedAt: '2026-03-01T06:22:00.000Z',
      from: '2026-03-01T06:14:30.000Z',
      to: '2026-03-01T06:29:30.000Z',
    },
  ],
  gapsTruncated: false,
  sequence: { received: 95, lost: 1, restarts: 0, repeated: 0 },
  sequenceGaps: [
    {
      fromSeq: 4711,
      toSeq: 4711,
      count: 1,
      after: '2026-03-01T06:07:00.000Z',
      before: '2026-03-01T06:37:00.000Z',
    },
  ],
  sequenceGapsTruncated: false,
  duplicates: 2,
  late: 3,
  clockSkew: CLOCK_SKEW,
  hours: [
    {
      start: '2026-03-01T06:00:00.000Z',
      expected: 4,
      received: 3,
      percent: 75,
      duplicates: 0,
      late: 3,
      clockSkew: CLOCK_SKEW,
    },
  ],
  days: [
    {
      start: '2026-03-01T00:00:00.000Z',
      expected: 96,
      received: 95,
      percent: 99,
      duplicates: 2,
      late: 3,
      clockSkew: CLOCK_SKEW,
    },
  ],
};

export const MUNICIPALITY_EXAMPLE: MunicipalityCompletenessResponse = {
  municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
  ...DAY,
  expected: 48_000,
  received: 47_761,
  percent: 99.5,
  devices: 500,
  incomplete: 23,
  neverDelivered: 4,
  duplicates: 12,
  late: 310,
  clockSkew: { minSeconds: -64.2, typicalSeconds: 1.3, maxSeconds: 40_210.7 },
  days: [{ start: '2026-03-01T00:00:00.000Z', expected: 48_000, received: 47_761, percent: 99.5 }],
};

export const DEVICE_SUMMARY_EXAMPLES: DeviceSummaryResponse[] = [
  {
    deviceId: 'rain-gauge-003',
    name: 'Rain gauge at the school',
    municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
    reportingIntervalSeconds: 900,
    expected: 96,
    received: 89,
    percent: 92.7,
    lastReadingAt: '2026-03-01T23:52:00.000Z',
    duplicates: 0,
    late: 0,
    clockSkew: { minSeconds: -64.2, typicalSeconds: -63.9, maxSeconds: -61 },
  },
];
