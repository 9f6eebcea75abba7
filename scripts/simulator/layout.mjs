/**
 * Places the devices of a demo on rivers and pipelines. What `demo.json` says counts: `role` (river, rain, pipe, tank,
 * pump), `river` or `pipeline` (a name), `order` (place along it, from the source), `thresholds` (by metric),
 * `heartbeatIntervalSeconds`, `fault` (sensor, silent, battery). What it does not say is told from the metrics and the
 * device id.
 */

/** What the model can make; a metric belongs to the kind that it is called after, as `inlet_pressure_bar`. */
const KINDS = [
  'water_level_cm',
  'rainfall_mm',
  'discharge_m3s',
  'flow_m3h',
  'pressure_bar',
  'tank_level_pct',
  'pump_speed_rpm',
  'temperature_c',
  'battery_level',
  'signal_strength',
  'turbidity_ntu',
  'chlorine_mg_l',
];

/** Roles by what devices are called. */
const ROLE_WORDS = [
  ['pump', /pump/i],
  ['tank', /tank|reservoir|tower|dam/i],
  ['rain', /rain|weather|meteo/i],
  ['pipe', /pipe|main|pressure|flow|dma|junction|valve|node|chlorine/i],
  ['river', /river|gauge|stream|creek/i],
];

/**
 * @typedef {object} Station one device of the scenario
 * @property {string} deviceId
 * @property {string} municipality its id
 * @property {'river' | 'rain' | 'pipe' | 'tank' | 'pump'} role
 * @property {{ code: string, kind: string }[]} metrics
 * @property {string} line river or pipeline that it stands on
 * @property {number} order
 * @property {Record<string, { direction?: 'above' | 'below', medium?: number, high?: number, critical?: number }>} thresholds
 * @property {string | undefined} fault
 *
 * @typedef {object} Layout
 * @property {Station[]} stations
 * @property {string[]} municipalities in the order of the file
 * @property {Map<string, Station[]>} rivers stations in the order in which the water passes them
 * @property {Map<string, { nodes: Station[], tanks: Station[], pumps: Station[] }>} networks
 */

/** @param {Record<string, unknown>[]} devices of `demo.json` @returns {Layout} */
export function layOut(devices) {
  const stations = devices.map(stationOf);
  const municipalities = [...new Set(stations.map(({ municipality }) => municipality))];
  const rivers = new Map();
  const networks = new Map();
  for (const station of [...stations].sort(byPlace)) {
    if (station.role === 'rain') continue;
    if (station.role === 'river') {
      rivers.set(station.line, [...(rivers.get(station.line) ?? []), station]);
      continue;
    }
    if (!networks.has(station.line)) networks.set(station.line, { nodes: [], tanks: [], pumps: [] });
    networks.get(station.line)[{ pipe: 'nodes', tank: 'tanks', pump: 'pumps' }[station.role]].push(station);
  }
  return { stations, municipalities, rivers, networks };
}

/** The kind of a metric, undefined for one that the model cannot make. @param {string} code */
export function kindOf(code) {
  return KINDS.find((kind) => code === kind || code.endsWith(`_${kind}`));
}

function stationOf(device, index) {
  const metrics = device.metrics.flatMap((code) => {
    const kind = kindOf(code);
    return kind ? [{ code, kind }] : [];
  });
  const kinds = new Set(metrics.map(({ kind }) => kind));
  const role = roleOf(device, kinds);
  const named = role === 'river' ? device.river : (device.pipeline ?? undefined);
  return {
    deviceId: device.deviceId,
    municipality: device.municipality,
    role,
    metrics,
    line: named ?? `${role === 'river' ? 'river' : 'network'} of ${device.municipality}`,
    order: device.order ?? trailingNumber(device.deviceId) ?? index,
    thresholds: device.thresholds ?? {},
    fault: device.fault,
  };
}

function roleOf({ role = '', deviceId }, kinds) {
  for (const text of [role, deviceId]) {
    const match = ROLE_WORDS.find(([, words]) => words.test(text));
    if (match) return match[0];
  }
  if (kinds.has('pressure_bar') || kinds.has('flow_m3h') || kinds.has('chlorine_mg_l')) return 'pipe';
  return kinds.has('rainfall_mm') && !kinds.has('water_level_cm') ? 'rain' : 'river';
}

function trailingNumber(deviceId) {
  const digits = /(\d+)\D*$/.exec(deviceId)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function byPlace(one, other) {
  return one.order - other.order || (one.deviceId < other.deviceId ? -1 : 1);
}
