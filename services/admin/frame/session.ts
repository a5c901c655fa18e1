/** Who is signed in, and what they may do. */
import { useSuspenseQuery } from '@tanstack/react-query';
import { roles, type Role } from '../../accounts/roles.ts';
import { look } from '../api/client.ts';

export type { Role };
export interface Session {
  user: { id: string; name: string; email: string; role: Role };
}

export const sessionQuery = { ...look<Session>('/session'), staleTime: 60_000 };
export const useSession = (): Session => useSuspenseQuery(sessionQuery).data;

/** `useMay('merchandiser')`: buttons that write are left out for those who may not; the service refuses them anyway. */
export const useMay = (role: Role): boolean => roles.indexOf(useSession().user.role) >= roles.indexOf(role);
