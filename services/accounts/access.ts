/** Who asks, and what they may do. A role is a person's, scopes are a machine's. */
import { z } from 'zod';
import { roles, scopes, type Role, type Scope } from './roles.ts';

export const roleSchema = z.enum(roles);
export const scopeSchema = z.enum(scopes);
export type { Role, Scope };

export interface Caller {
  /** `machine`: the service's own token, which the command line uses. */
  kind: 'user' | 'token' | 'machine';
  id: string;
  /** Shown in the audit log, at runs and at overrides. */
  name: string;
  role: Role;
  /** Of a token; persons and the service's own token have all that their role allows. */
  scopes?: readonly Scope[];
}

export interface Demand {
  role: Role;
  scope: Scope;
}

export const isAtLeast = (role: Role, demanded: Role): boolean =>
  roles.indexOf(role) >= roles.indexOf(demanded);

export const mayCall = (caller: Caller, demand: Demand): boolean =>
  caller.scopes ? caller.scopes.includes(demand.scope) : isAtLeast(caller.role, demand.role);

/** Path below /api/v1 → the scope of writing there, and of reading what only owners see; whatever is not named is about items. */
const areas: readonly (readonly [RegExp, Scope])[] = [
  [
    /^\/catalogs\/\{catalogId\}\/(imports|uploads|inspections|mapping|previews|sources?|supplements)\b/,
    'imports',
  ],
  [/^\/runs\b/, 'imports'],
  [/^\/catalogs\/\{catalogId\}\/(channels|feeds|pushes|checks|reconcile|schedules?)\b/, 'channels'],
  [/^\/(users|tokens|audit|backups?|alerts|alert-settings|settings|doctor)\b/, 'settings'],
  [/^\/catalogs\/\{catalogId\}$/, 'settings'],
];

/** The scope that a token needs for an endpoint: what only owners may read is not for a token that may merely read. */
export const scopeOf = (path: string, reads: boolean, role: Role): Scope =>
  reads && role !== 'owner' ? 'read' : (areas.find(([area]) => area.test(path))?.[1] ?? 'items');
