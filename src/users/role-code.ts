/** The five built-in roles, from the widest rights to the narrowest. */
export const ROLE_CODES = ['super_admin', 'municipality_admin', 'operator', 'field_engineer', 'analyst'] as const;

/** Code of a built-in role. */
export type RoleCode = (typeof ROLE_CODES)[number];
