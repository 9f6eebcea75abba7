/**
 * The import directions of the house, proved on every run of `npm run lint:imports`.
 * test/integration/import-directions.integration-spec.ts breaks every rule once, to show that it bites.
 */

/** Rooms by layer. A file imports lower layers and its listed neighbours, never a higher layer. */
const LAYERS = [
  ['common', 'config'],
  ['database', 'redis', 'queue', 'mqtt', 'outbox', 'storage', 'mail'],
  ['audit', 'municipalities', 'users', 'auth'],
  ['network', 'devices', 'readings', 'reports'],
  ['rules', 'anomalies', 'alerts', 'warnings'],
  ['notifications', 'realtime', 'monitoring', 'backups', 'retention', 'dashboards', 'cli'],
];
const TOP_LAYER = LAYERS.at(-1);

/** Neighbours in the same layer that a room may import. */
const NEIGHBOURS = {
  // The outbox is a table whose rows go to Redis and to the queue.
  outbox: ['database', 'redis', 'queue'],
  queue: ['redis'],
  municipalities: ['audit'],
  users: ['audit', 'municipalities'],
  auth: ['audit', 'users'],
  devices: ['network'],
  readings: ['devices'],
  reports: ['network', 'readings'],
  rules: ['anomalies'],
  alerts: ['rules', 'anomalies'],
  warnings: ['alerts'],
  // Commands serve every room.
  cli: TOP_LAYER.filter((room) => room !== 'cli'),
};

const ROOMS = LAYERS.flat();
const ROOT_FILES = '^src/(main|app\\.[a-z]+)(\\.spec)?\\.ts$';
/** Who may call a route, and how often, is said by decorators of auth, also on routes of the rooms that auth is built on. */
const ACCESS_DECORATORS = '^src/auth/(access\\.decorators|rate-limits/rate-class)\\.ts$';
const BELOW_AUTH = ['municipalities', 'users', 'audit'];
/** The list of all entities, and the data every installation starts with, know the entities of every room. */
const ENTITY_LISTS = '^src/database/(entities\\.ts|seeders/)';
/** A row of the live log belongs to a municipality, which its foreign key says. */
const OUTBOX_ENTITIES = '^src/outbox/[^/]+\\.entity\\.ts$';
/** Files with a rule of their own about what they may import from above. */
const UPWARD = { database: [ENTITY_LISTS], outbox: [OUTBOX_ENTITIES] };
const SPEC = '\\.spec\\.ts$';

const oneOf = (names) => `(${names.join('|')})`;
const inRooms = (names) => `^src/${oneOf(names)}/`;
/** A package that is not installed has no folder, but is named all the same. */
const packages = (names) => `(^|node_modules/)${oneOf(names)}(/|$)`;

/** Everything that a room may not import; no rule for one that may import all. */
function roomRule(room, layer) {
  const allowed = new Set([room, ...LAYERS.slice(0, layer).flat(), ...(NEIGHBOURS[room] ?? [])]);
  const forbidden = ROOMS.filter((other) => !allowed.has(other));
  if (forbidden.length === 0) return [];
  return {
    name: `room-${room}`,
    comment: `${room} (L${layer}) imports lower layers and ${(NEIGHBOURS[room] ?? []).join(', ') || 'no neighbour'}.`,
    severity: 'error',
    from: { path: inRooms([room]), pathNot: [SPEC, ...(UPWARD[room] ?? [])] },
    to: { path: inRooms(forbidden), pathNot: BELOW_AUTH.includes(room) ? [ACCESS_DECORATORS] : [] },
  };
}

const error = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const forbidden = [
  ...LAYERS.flatMap((rooms, layer) => rooms.flatMap((room) => roomRule(room, layer))),
  error(
    'entity-lists-import-entities-only',
    'The list of entities reaches up into other rooms for entities, and for nothing else.',
    { path: ENTITY_LISTS },
    {
      path: inRooms(ROOMS.filter((room) => !['common', 'config', 'database'].includes(room))),
      pathNot: '\\.entity\\.ts$',
    },
  ),
  error(
    'outbox-entities-import-the-tenant-only',
    'Entities of the outbox refer to the municipality, and to nothing else above them.',
    { path: OUTBOX_ENTITIES },
    { path: inRooms(LAYERS.slice(2).flat()), pathNot: '^src/municipalities/municipality\\.entity\\.ts$' },
  ),
  error(
    'known-rooms-only',
    'A folder of src is a room of docs/architecture.md.',
    { path: '^src/' },
    { path: '^src/', pathNot: [ROOT_FILES, inRooms(ROOMS)] },
  ),
  error(
    'known-rooms-only-from',
    'A folder of src is a room of docs/architecture.md.',
    { path: '^src/', pathNot: [ROOT_FILES, inRooms(ROOMS)] },
    {},
  ),
  error(
    'nobody-imports-the-root',
    'Rooms know nothing of the composition root.',
    { path: '^src/', pathNot: ROOT_FILES },
    { path: ROOT_FILES },
  ),
  error(
    'no-foreign-edges',
    "Another room's controller, processor, gateway or repository is its own affair; import its service, entity, event, errors or schema.",
    { path: '^src/([^/]+)/', pathNot: SPEC },
    { path: '^src/.+\\.(controller|processor|gateway|repository)\\.ts$', pathNot: '^src/$1/' },
  ),
  error(
    'redis-client-in-redis-and-queue',
    'Only redis/ and queue/ hold a Redis client.',
    { path: '^src/', pathNot: inRooms(['redis', 'queue']) },
    { path: packages(['ioredis', 'redis']) },
  ),
  error(
    'drivers-in-database-and-config',
    'Only database/ and config/ name a driver.',
    { path: '^src/', pathNot: inRooms(['database', 'config']) },
    {
      path: packages([
        'pg',
        'pg-[a-z-]+',
        'mysql2',
        '@mikro-orm/(postgresql|mysql|mariadb|migrations|knex|sql)',
        'knex',
        'kysely',
      ]),
    },
  ),
  error(
    'mqtt-client-in-mqtt',
    'Only mqtt/ holds an MQTT client.',
    { path: '^src/', pathNot: inRooms(['mqtt']) },
    { path: packages(['mqtt', 'mqtt-packet']) },
  ),
  error(
    'storage-clients-in-storage',
    'Only storage/ touches stored objects.',
    { path: '^src/', pathNot: inRooms(['storage']) },
    { path: packages(['@aws-sdk/[a-z0-9-]+']) },
  ),
  error(
    'no-child-processes',
    'Only scripts/ starts a process.',
    { path: '^src/' },
    { path: '^(node:)?(child_process|cluster)$' },
  ),
  error(
    'config-imports-no-room',
    'Configuration is read by all and knows none.',
    { path: '^src/config/', pathNot: SPEC },
    { path: '^src/(?!config/)' },
  ),
  error('no-cycles', 'Nothing depends on itself, not even by a type.', { path: '^src/' }, { circular: true }),
  error(
    'no-barrels',
    'Import from where it is, not through an index.',
    {},
    { path: '/index\\.[cm]?[jt]s$', pathNot: 'node_modules' },
  ),
  error(
    'no-barrels-from',
    'Import from where it is, not through an index.',
    { path: '/index\\.[cm]?[jt]s$', pathNot: 'node_modules' },
    {},
  ),
  error(
    'no-orphans',
    'A file that nobody imports and that imports nobody is dead.',
    { orphan: true, path: '^src/', pathNot: ['\\.d\\.ts$', '^src/main\\.ts$'] },
    {},
  ),
  error(
    'src-stands-alone',
    'The product does not know its tests, scripts and web pages.',
    { path: '^src/', pathNot: SPEC },
    { path: ['^(test|scripts|bench|web)/', SPEC] },
  ),
  error('web-stands-alone', 'web/ and src/ share nothing but generated types.', { path: '^web/' }, { path: '^src/' }),
  error(
    'no-dev-dependencies',
    'What runs in production is a dependency.',
    { path: '^src/', pathNot: SPEC },
    { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  ),
  error(
    'declared-dependencies-only',
    'A package that is used is named in package.json.',
    { path: '^src/' },
    { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  ),
  error('resolvable', 'An import leads somewhere.', { path: '^src/' }, { couldNotResolve: true }),
];

module.exports = {
  forbidden,
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^src/[^/]+/public/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
