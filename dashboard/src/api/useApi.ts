// GET requests for components. The last response remains while a newer one is
// loaded or if that fails. Responses are cached in memory, so that a page that is
// visited again is shown at once.

import { useCallback, useEffect, useRef, useState } from 'react';

import { type EventName, useEventSettled } from '../app/events';
import { ApiError, get, isPassing } from './client';

const cache = new Map<string, unknown>();
const MAX_CACHED = 100;

/** When to retry after a temporary error, even without refreshMs. */
export const RETRY_MS = 10_000;

/** After logging in or out, nothing of the previous session may remain. */
export function clearCache(): void {
  cache.clear();
}

export interface ApiState<Data> {
  /** undefined until the first response */
  data: Data | undefined;
  /** of the last request; older data may still be shown */
  error: ApiError | undefined;
  isLoading: boolean;
  reload: () => void;
  /** Replace or change the data. */
  update: (change: (data: Data) => Data) => void;
}

interface Options {
  /** Reload periodically while the page is visible. */
  refreshMs?: number;
  /** Reload after one of these events. */
  refreshOn?: readonly EventName[];
}

interface Entry<Data> {
  url: string | null;
  data?: Data | undefined;
  error?: ApiError | undefined;
}

/** url null: request nothing. */
export function useApi<Data>(url: string | null, { refreshMs, refreshOn }: Options = {}): ApiState<Data> {
  const [entry, setEntry] = useState<Entry<Data>>({ url });
  const [isLoading, setIsLoading] = useState(url !== null);
  const request = useRef<AbortController | null>(null);

  const load = useCallback(async () => {
    request.current?.abort();
    if (url === null) return setIsLoading(false);
    const current = new AbortController();
    request.current = current;
    setIsLoading(true);
    try {
      const data = await get<Data>(url, current.signal);
      if (current.signal.aborted) return;
      remember(url, data);
      setEntry({ url, data });
    } catch (error) {
      if (current.signal.aborted) return;
      const known = error instanceof ApiError ? error : new ApiError(0, 'Unexpected response', String(error));
      setEntry((old) => ({ url, data: old.url === url ? old.data : (cache.get(url) as Data | undefined), error: known }));
    }
    setIsLoading(false);
  }, [url]);

  useEffect(() => {
    void load();
    return () => request.current?.abort();
  }, [load]);

  useEffect(() => {
    if (refreshMs === undefined) return;
    const timer = setInterval(() => !document.hidden && void load(), refreshMs);
    return () => clearInterval(timer);
  }, [load, refreshMs]);

  useEffect(() => {
    if (entry.error === undefined || !isPassing(entry.error)) return;
    const timer = setTimeout(() => void load(), RETRY_MS);
    return () => clearTimeout(timer);
  }, [entry, load]);

  useEventSettled(refreshOn, load);

  const update = useCallback(
    (change: (data: Data) => Data) =>
      setEntry((old) => (old.url === url && old.data !== undefined ? { ...old, data: change(old.data), error: undefined } : old)),
    [url],
  );
  const shown: Entry<Data> = entry.url === url ? entry : { url };
  const data = shown.data ?? (url === null ? undefined : (cache.get(url) as Data | undefined));
  return { data, error: shown.error, isLoading: isLoading || entry.url !== url, reload: load, update };
}

function remember(url: string, data: unknown): void {
  cache.delete(url);
  cache.set(url, data);
  const oldest = cache.keys().next().value;
  if (cache.size > MAX_CACHED && oldest !== undefined) cache.delete(oldest);
}
