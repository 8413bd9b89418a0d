// The web session: the signed-in account, and logging in and out.

import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';

import { type ApiError, get, isPassing, send, setCsrfToken, setOnSignedOut, urlOf } from '../api/client';
import type { Session } from '../api/types';
import { clearCache, RETRY_MS } from '../api/useApi';

interface SessionState {
  /** undefined until the session is loaded, then null if nobody is signed in */
  account: string | null | undefined;
  isAdmin: boolean;
  error: ApiError | undefined;
  retry: () => void;
  logIn: (name: string, password: string) => Promise<void>;
  signUp: (name: string, password: string) => Promise<void>;
  logOut: () => Promise<void>;
}

const SessionContext = createContext<SessionState | undefined>(undefined);

export function SessionProvider({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session | undefined>();
  const [error, setError] = useState<ApiError | undefined>();

  const take = useCallback((taken: Session) => {
    setCsrfToken(taken.csrf_token);
    clearCache();
    setSession(taken);
    setError(undefined);
  }, []);
  const load = useCallback(() => void get<Session>(urlOf('/session')).then(take, setError), [take]);

  useEffect(load, [load]);
  useEffect(() => {
    if (error === undefined || !isPassing(error)) return;
    const timer = setTimeout(load, RETRY_MS);
    return () => clearTimeout(timer);
  }, [error, load]);
  useEffect(() => {
    setOnSignedOut(() => take({ account: null }));
    return () => setOnSignedOut(undefined);
  }, [take]);

  const state = useMemo<SessionState>(
    () => ({
      account: session?.account,
      isAdmin: session?.account != null && session.role === 'admin',
      error,
      retry: load,
      logIn: async (name, password) => take(await send<Session>('POST', '/session', { name, password })),
      signUp: async (name, password) => take(await send<Session>('POST', '/accounts', { name, password })),
      logOut: async () => {
        await send('DELETE', '/session');
        take({ account: null });
      },
    }),
    [session, error, load, take],
  );
  return <SessionContext value={state}>{children}</SessionContext>;
}

export function useSession(): SessionState {
  const state = useContext(SessionContext);
  if (state === undefined) throw new Error('useSession outside of SessionProvider');
  return state;
}
