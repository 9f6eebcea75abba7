import type { RoleCode } from '../../users/role-code.js';
import { MUNICIPALITIES } from './country.js';

/** A person of the demo country, before the account is made. */
export interface DemoUser {
  readonly email: string;
  readonly name: string;
  readonly role: RoleCode;
  /** Code of the municipality; null for the super admin. */
  readonly municipality: string | null;
}

const [first, ...others] = MUNICIPALITIES;

/** One person per role, the municipal ones in the first municipality; and an operator for each other one. */
export const DEMO_USERS: readonly DemoUser[] = [
  { email: 'super.admin@arvenia.example', name: 'Ines Halvorsen', role: 'super_admin', municipality: null },
  { email: 'admin@sollen.example', name: 'Jorin Weidlich', role: 'municipality_admin', municipality: first!.code },
  { email: 'operator@sollen.example', name: 'Tessa Morau', role: 'operator', municipality: first!.code },
  { email: 'engineer@sollen.example', name: 'Milo Brandner', role: 'field_engineer', municipality: first!.code },
  { email: 'analyst@sollen.example', name: 'Oda Lenhart', role: 'analyst', municipality: first!.code },
  ...others.map(({ code, name }) => ({
    email: `operator@${code}.example`,
    name: `Control room ${name}`,
    role: 'operator' as const,
    municipality: code,
  })),
];
