import type { Layout } from './layout.schemas.js';

const SENSOR_ID = '0199c1a4-5b1e-7a43-9d4e-1f0c7b9a2d12';

/** A real layout, for the API documentation. */
export const LAYOUT_EXAMPLE: Layout = {
  widgets: [
    { id: 'map', kind: 'map', x: 0, y: 0, w: 16, h: 12, title: 'River', settings: { layers: ['devices', 'alerts'] } },
    { id: 'open', kind: 'alerts', x: 16, y: 0, w: 8, h: 12, settings: { statuses: ['ACTIVE'], severities: ['HIGH'] } },
    { id: 'level', kind: 'trend', x: 0, y: 12, w: 16, h: 8, settings: { sensorIds: [SENSOR_ID], range: '24h' } },
    { id: 'note', kind: 'text', x: 16, y: 12, w: 8, h: 8, settings: { text: 'On call this week: Ines' } },
  ],
};
