/**
 * Decides whom the scenario strikes first: the first storm, the first burst, the failing sensor, the device that goes
 * silent, the weak battery. A device's `fault` in `demo.json` counts; else each is another device, and the storm and
 * the first burst are in different municipalities where there are several.
 */

/** Minutes at which the first pipes burst. */
const FIRST_BURSTS = [190, 330];
/** Kinds that show a failing sensor well, the best first. */
const SHOWS_FAULTS = ['pressure_bar', 'temperature_c', 'water_level_cm', 'flow_m3h', 'turbidity_ntu', 'chlorine_mg_l'];

/**
 * @param {import('./layout.mjs').Layout} layout
 * @returns {{ stormIn: string, bursts: Map<string, { minute: number, index: number }>, failing: string | null, silent: string | null, weak: string | null }}
 *   municipality; first burst of a network, by the network's name, and at which point; device ids
 */
export function castOf({ stations, municipalities, rivers, networks }) {
  const river = [...rivers.values()].sort((a, b) => b.length - a.length)[0];
  const stormIn = river?.[0].municipality ?? municipalities[0];
  const bursts = firstBursts(networks, stormIn);
  const spared = [...bursts.keys()].flatMap((name) => networks.get(name).nodes);
  const free = new Set(stations.filter((station) => !spared.includes(station) && station !== river?.[0]));
  const pick = (fault, ...wishes) => {
    const named = stations.find((station) => station.fault === fault);
    const chosen = named ?? wishes.map((wish) => [...free].reverse().find(wish)).find(Boolean);
    free.delete(chosen);
    return chosen?.deviceId ?? null;
  };
  const elsewhere = ({ municipality }) => municipality !== stormIn;
  const any = () => true;
  return {
    stormIn,
    bursts,
    failing: pick(
      'sensor',
      ...SHOWS_FAULTS.map((kind) => (station) => elsewhere(station) && measures(station, kind)),
      any,
    ),
    silent: pick('silent', (station) => elsewhere(station) && station.role === 'river', elsewhere, any),
    weak: pick('battery', elsewhere, any),
  };
}

/** The metric of a failing sensor's device that fails. @param {import('./layout.mjs').Station} station */
export function failingMetric(station) {
  const kind = SHOWS_FAULTS.find((wished) => measures(station, wished));
  return (station.metrics.find((metric) => metric.kind === kind) ?? station.metrics[0])?.code;
}

function measures(station, kind) {
  return station.metrics.some((metric) => metric.kind === kind);
}

/** One burst away from the storm, a later one where it was: two thirds down the line, as the flow shows above and the pressure below. */
function firstBursts(networks, stormIn) {
  const lines = [...networks].filter(([, { nodes }]) => nodes.length > 0).sort(byLength);
  const isThere = ([, { nodes }]) => nodes[0].municipality === stormIn;
  const chosen = [lines.find((line) => !isThere(line)), lines.find(isThere)].filter(Boolean);
  return new Map(
    chosen.map(([name, { nodes }], turn) => [
      name,
      { minute: FIRST_BURSTS[turn], index: Math.floor((nodes.length * 2) / 3) },
    ]),
  );
}

function byLength([, one], [, other]) {
  return other.nodes.length - one.nodes.length;
}
