// The pool's statistics, updated by its events.

import { urlOf } from '../api/client';
import type { PoolStats } from '../api/types';
import { type ApiState, useApi } from '../api/useApi';
import { useEvent } from './events';

/** Used without a stream; events update the statistics sooner. */
const REFRESH_MS = 30_000;

export function usePoolStats(): ApiState<PoolStats> {
  const state = useApi<PoolStats>(urlOf('/pool/stats'), { refreshMs: REFRESH_MS, refreshOn: ['switch', 'network'] });
  useEvent('stats', (stats) => state.update(() => stats));
  return state;
}
