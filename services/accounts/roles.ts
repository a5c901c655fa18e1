/** The words of roles and scopes; apart from their schemas, so that the page can have them without a library. */

/** Each may do what those before it may. */
export const roles = ['viewer', 'merchandiser', 'owner'] as const;
export type Role = (typeof roles)[number];

/** What a machine's token is good for. Reading is a scope of its own. */
export const scopes = ['read', 'imports', 'items', 'channels', 'settings'] as const;
export type Scope = (typeof scopes)[number];
