/** Who is signed in, and what they may do. */
import { useSuspenseQuery } from '@tanstack/react-query';
import { look } from '../api/client.ts';

export type Role = 'owner' | 'merchandiser' | 'viewer';
export interface Session {
  user: { id: string; name: string; email: string; role: Role };
}

export const sessionQuery = { ...look<Session>('/session'), staleTime: 60_000 };
export const useSession = (): Session => useSuspenseQuery(sessionQuery).data;

const ranks: Record<Role, number> = { viewer: 0, merchandiser: 1, owner: 2 };
/** `useMay('merchandiser')`: buttons that write are left out for those who may not; the service refuses them anyway. */
export const useMay = (role: Role): boolean => ranks[useSession().user.role] >= ranks[role];
