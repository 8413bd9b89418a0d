// GETs for components: the newest answer, kept while a newer one is fetched, and
// what went wrong. Answers stay in memory so that a page visited again is there
// at once.

import { useCallback, useEffect, useRef, useState } from 'react';

import { type EventName, useEventSettled } from '../app/events';
import { ApiError, get, isPassing } from './client';

const answers = new Map<string, unknown>();
const ANSWERS_KEPT = 100;

/** What passes by itself is asked again after this, also where nothing else is. */
export const RETRY_MS = 10_000;

/** After logging in or out nothing of the former session may stay. */
export function forgetAnswers(): void {
  answers.clear();
}

export interface ApiState<Answer> {
  /** undefined until the first answer */
  data: Answer | undefined;
  /** of the newest try; there may still be older data to show */
  error: ApiError | undefined;
  isLoading: boolean;
  reload: () => void;
  /** Take an answer that came by another way, or correct the one there is. */
  update: (change: (data: Answer) => Answer) => void;
}

interface Options {
  /** Ask again after this time, while the page is being looked at. */
  refreshMs?: number;
  /** Ask again when the pool tells of one of these. */
  refreshOn?: readonly EventName[];
}

interface Entry<Answer> {
  url: string | null;
  data?: Answer | undefined;
  error?: ApiError | undefined;
}

/** url null: nothing to ask for now. */
export function useApi<Answer>(url: string | null, { refreshMs, refreshOn }: Options = {}): ApiState<Answer> {
  const [entry, setEntry] = useState<Entry<Answer>>({ url });
  const [isLoading, setIsLoading] = useState(url !== null);
  const request = useRef<AbortController | null>(null);

  const load = useCallback(async () => {
    request.current?.abort();
    if (url === null) return setIsLoading(false);
    const current = new AbortController();
    request.current = current;
    setIsLoading(true);
    try {
      const data = await get<Answer>(url, current.signal);
      if (current.signal.aborted) return;
      remember(url, data);
      setEntry({ url, data });
    } catch (error) {
      if (current.signal.aborted) return;
      const known = error instanceof ApiError ? error : new ApiError(0, 'Unexpected answer', String(error));
      setEntry((old) => ({ url, data: old.url === url ? old.data : (answers.get(url) as Answer | undefined), error: known }));
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
    (change: (data: Answer) => Answer) =>
      setEntry((old) => (old.url === url && old.data !== undefined ? { ...old, data: change(old.data), error: undefined } : old)),
    [url],
  );
  const shown: Entry<Answer> = entry.url === url ? entry : { url };
  const data = shown.data ?? (url === null ? undefined : (answers.get(url) as Answer | undefined));
  return { data, error: shown.error, isLoading: isLoading || entry.url !== url, reload: load, update };
}

function remember(url: string, data: unknown): void {
  answers.delete(url);
  answers.set(url, data);
  const oldest = answers.keys().next().value;
  if (answers.size > ANSWERS_KEPT && oldest !== undefined) answers.delete(oldest);
}
