/** Every permission there is, with what it allows. The list is closed: roles choose from it, routes ask for one of it. */
export const PERMISSIONS = {
  'municipality:read': 'See the municipalities one belongs to',
  'municipality:write': 'Create, rename, suspend and delete municipalities and regions',
  'municipality:configure': 'Change the settings of the municipality: time zone, language, retention, contact, witness',
  'user:read': 'See the people of the municipality',
  'user:write': 'Invite, change and disable people of the municipality',
  'role:read': 'See the roles of the municipality and what they allow',
  'role:write': 'Create, change and delete roles of the municipality',
  'audit:read': 'Read the audit log of the municipality and its reports',
  'audit:export': 'Export the audit log of the municipality',
  'device:read': 'See devices, their sensors and their health',
  'device:register': 'Register devices and receive their credentials',
  'device:write': 'Change, deactivate and delete devices and their sensors, and renew their credentials',
  'device:command': 'Send commands to devices',
  'profile:read': 'See the profiles that payloads of devices are decoded by',
  'profile:write': 'Create, change and delete payload profiles and uplink sources of the municipality',
  'sensor_type:read': 'See the sensor types',
  'sensor_type:write': 'Create and change sensor types for the whole country',
  'sensor:share': 'Share sensors of the municipality with another one for a time',
  'protocol:read': 'See the protocol catalogue',
  'protocol:write': 'Maintain the protocol catalogue of the whole country',
  'reading:read': 'Query readings, latest values and what was rejected',
  'rule:read': 'See the alert rules',
  'rule:write': 'Create, change and delete alert rules',
  'alert:read': 'See alerts',
  'alert:acknowledge': 'Acknowledge alerts',
  'alert:resolve': 'Resolve alerts by hand',
  'dashboard:read': 'See the dashboards of the municipality, and keep personal ones',
  'dashboard:write': 'Create, change and delete dashboards that the municipality shares',
  'system:read': 'See the state of the platform and of the services it uses',
} as const;

/** Code of a permission, `thing:verb`. */
export type Permission = keyof typeof PERMISSIONS;

/** All codes, in the order of the list. */
export const PERMISSION_CODES = Object.keys(PERMISSIONS) as readonly Permission[];

/** Permissions about what the whole country shares; only a super admin has them, and no role of a municipality can. */
export const NATIONAL_PERMISSIONS: ReadonlySet<Permission> = new Set<Permission>([
  'municipality:write',
  'sensor_type:write',
  'protocol:write',
]);
