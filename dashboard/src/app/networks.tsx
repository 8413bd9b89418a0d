// The pool's networks and the selected one. The selection is in the URL, so that
// links can be shared, and is remembered for URLs without a network.

import { createContext, type ReactNode, useContext, useEffect, useMemo } from 'react';

import { type ApiError, urlOf } from '../api/client';
import type { Network } from '../api/types';
import { useApi } from '../api/useApi';
import { navigate, usePath, useSearch } from './location';
import { ALL_NETWORKS, hrefOf, networkOf, type Route } from './router';
import { keep, recall } from './storage';

interface NetworksState {
  networks: Network[] | undefined;
  /** null: all of them */
  selected: Network | null;
  /** the network from the URL or as remembered; "all" for all */
  choice: string;
  /** the choice names a network that does not exist */
  isUnknown: boolean;
  error: ApiError | undefined;
  reload: () => void;
  select: (network: string) => void;
  hrefTo: (route: Route) => string;
}

const NetworksContext = createContext<NetworksState | undefined>(undefined);

const LIST_REFRESH_MS = 60_000;

export function NetworksProvider({ children }: { children: ReactNode }) {
  const path = usePath();
  const search = useSearch();
  const { data, error, reload } = useApi<{ items: Network[] }>(urlOf('/networks'), {
    refreshMs: LIST_REFRESH_MS,
    refreshOn: ['network', 'switch'],
  });
  const named = networkOf(search);
  const choice = named ?? recall('network') ?? ALL_NETWORKS;
  const networks = data?.items;

  useEffect(() => {
    if (named === undefined) navigate(withNetwork(path, search, choice), { replace: true });
  }, [named, path, search, choice]);

  const state = useMemo<NetworksState>(() => {
    const selected = networks?.find((network) => network.network === choice || network.network_id === choice) ?? null;
    return {
      networks,
      selected,
      choice,
      isUnknown: networks !== undefined && selected === null && choice !== ALL_NETWORKS,
      error,
      reload,
      select: (network) => {
        keep('network', network);
        navigate(withNetwork(path, search, network));
      },
      hrefTo: (route) => hrefOf(route, choice),
    };
  }, [networks, choice, error, reload, path, search]);
  return <NetworksContext value={state}>{children}</NetworksContext>;
}

export function useNetworks(): NetworksState {
  const state = useContext(NetworksContext);
  if (state === undefined) throw new Error('useNetworks outside of NetworksProvider');
  return state;
}

/** A network by its short name. */
export function useNetwork(name: string): Network | undefined {
  return useNetworks().networks?.find((network) => network.network === name);
}

function withNetwork(path: string, search: string, network: string): string {
  const parameters = new URLSearchParams(search);
  parameters.set('network', network);
  return `${path}?${parameters.toString()}`;
}
