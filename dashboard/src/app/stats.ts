// The pool's figures, brought up to date by its events.

import { urlOf } from '../api/client';
import type { PoolStats } from '../api/types';
import { type ApiState, useApi } from '../api/useApi';
import { useEvent } from './events';

/** Events bring them sooner; this is for when there is no stream. */
const REFRESH_MS = 30_000;

export function usePoolStats(): ApiState<PoolStats> {
  const state = useApi<PoolStats>(urlOf('/pool/stats'), { refreshMs: REFRESH_MS, refreshOn: ['switch', 'network'] });
  useEvent('stats', (stats) => state.update(() => stats));
  return state;
}
