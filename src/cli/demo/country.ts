/** Degrees north and east, WGS 84. */
export type Place = readonly [latitude: number, longitude: number];

/** A municipality of the demo country. */
export interface DemoMunicipality {
  readonly code: string;
  readonly name: string;
  readonly timeZone: string;
  readonly centre: Place;
}

/** A river, from its source to its mouth, and the stretch of it in each municipality. */
export interface DemoRiver {
  readonly name: string;
  readonly course: readonly Place[];
  /** Gauges along the course, in the direction of the water: how many stand in which municipality. */
  readonly gauges: readonly { readonly municipality: string; readonly count: number }[];
}

/** A supply line of a town: a pump fills a tank, from which the water runs along the measuring points. */
export interface DemoPipeline {
  readonly name: string;
  readonly municipality: string;
  readonly from: Place;
  readonly to: Place;
  readonly points: number;
}

/** Arvenia, a country that is on no map: three towns on two rivers. The first municipality has a user of every role. */
export const MUNICIPALITIES: readonly DemoMunicipality[] = [
  { code: 'sollen', name: 'Sollen', timeZone: 'Europe/Vienna', centre: [47.332, 15.182] },
  { code: 'brenzach', name: 'Brenzach', timeZone: 'Europe/Vienna', centre: [47.318, 15.694] },
  { code: 'marholt', name: 'Marholt', timeZone: 'Europe/Vienna', centre: [47.086, 15.521] },
];

export const RIVERS: readonly DemoRiver[] = [
  {
    name: 'arn',
    course: [
      [47.412, 15.061],
      [47.361, 15.128],
      [47.327, 15.19],
      [47.251, 15.262],
      [47.178, 15.371],
      [47.096, 15.498],
      [47.031, 15.603],
    ],
    gauges: [
      { municipality: 'sollen', count: 5 },
      { municipality: 'marholt', count: 3 },
    ],
  },
  {
    name: 'lief',
    course: [
      [47.408, 15.792],
      [47.356, 15.741],
      [47.309, 15.688],
      [47.222, 15.652],
      [47.131, 15.587],
      [47.084, 15.53],
    ],
    gauges: [
      { municipality: 'brenzach', count: 5 },
      { municipality: 'marholt', count: 2 },
    ],
  },
];

/** Two lines per town, across it from north to south and from west to east. */
export const PIPELINES: readonly DemoPipeline[] = MUNICIPALITIES.flatMap(({ code, centre: [latitude, longitude] }) => [
  {
    name: `${code}-north`,
    municipality: code,
    from: [latitude + 0.031, longitude - 0.006] as const,
    to: [latitude - 0.022, longitude + 0.009] as const,
    points: 6,
  },
  {
    name: `${code}-east`,
    municipality: code,
    from: [latitude + 0.008, longitude + 0.038] as const,
    to: [latitude - 0.005, longitude - 0.033] as const,
    points: 6,
  },
]);

/** The place that lies at `part` (0 to 1) of a line, counted by its corners. */
export function placeAlong(line: readonly Place[], part: number): Place {
  const position = Math.min(Math.max(part, 0), 1) * (line.length - 1);
  const index = Math.min(Math.floor(position), line.length - 2);
  const [from, to] = [line[index]!, line[index + 1]!];
  const between = (a: number, b: number): number => Number((a + (b - a) * (position - index)).toFixed(5));
  return [between(from[0], to[0]), between(from[1], to[1])];
}
