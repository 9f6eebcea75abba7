import type { LatestReadingResponse, ReadingResponse, RejectedReadingResponse } from './reading-query.schemas.js';

/** Real answers, for the API documentation. */
export const READING_EXAMPLES: ReadingResponse[] = [
  { instant: '2026-03-01T06:15:00.000Z', value: 245.5, quality: 'good', riskLevel: 'LOW' },
  { instant: '2026-03-01T06:20:00.000Z', value: 251.2, quality: 'suspect', riskLevel: 'MEDIUM' },
];

export const LATEST_EXAMPLES: LatestReadingResponse[] = [
  {
    sensorId: '0199c1a4-5b1e-7a43-9d4e-1f0c7b9a2d12',
    deviceId: 'river-gauge-017',
    metric: 'water_level_cm',
    instant: '2026-03-01T06:20:00.000Z',
    value: 251.2,
    quality: 'good',
    riskLevel: 'MEDIUM',
  },
];

export const REJECTED_EXAMPLES: RejectedReadingResponse[] = [
  {
    id: '0199c1a9-1c2d-7b61-8f0e-3a5d7c9b1e24',
    municipalityId: '0199c1a4-3f02-7c11-8e5a-5a1d2b7c9e40',
    deviceId: 'river-gauge-017',
    source: 'mqtt',
    index: 0,
    metric: 'salinity',
    instant: '2026-03-01T06:15:00.000Z',
    code: 'UNKNOWN_METRIC',
    reason: 'the device has no such sensor',
    excerpt: '{"timestamp":"2026-03-01T06:15:00Z","values":{"salinity":31}}',
    requestId: '0199c5f2-8f0a-7c31-9d43-6f1b0f9d7a55',
    receivedAt: '2026-03-01T06:15:00.412Z',
  },
];
