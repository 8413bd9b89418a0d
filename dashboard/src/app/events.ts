// The pool's server-sent events: one stream for the whole page, opened with the
// first listener.

import { useEffect, useRef, useSyncExternalStore } from 'react';

import type { Block, PoolStats } from '../api/types';

/** The data of each event; resync means that events may have been missed. */
interface EventData {
  block: { data: Block };
  switch: object;
  network: object;
  stats: PoolStats;
  resync: object;
}
export type EventName = keyof EventData;

const EVENT_NAMES: readonly EventName[] = ['block', 'switch', 'network', 'stats', 'resync'];

/** When to request a stream again after it was refused (too many clients). */
const REOPEN_MS = 10_000;

/** Responses are cached for 2 s; an earlier request would get the old one. */
const SETTLE_MS = 2_200;

type Handler = (data: never) => void;

const handlers = new Map<EventName, Set<Handler>>();
const stateListeners = new Set<() => void>();
let source: EventSource | undefined;
let isLive = false;

function setLive(live: boolean): void {
  if (live === isLive) return;
  isLive = live;
  for (const listener of [...stateListeners]) listener();
}

function open(): void {
  source = new EventSource('/api/v1/events');
  source.onopen = () => setLive(true);
  source.onerror = () => {
    setLive(false);
    // the browser reconnects by itself unless the response was not a stream
    if (source?.readyState !== EventSource.CLOSED) return;
    source = undefined;
    setTimeout(() => source ?? open(), REOPEN_MS);
  };
  for (const name of EVENT_NAMES) source.addEventListener(name, (message) => dispatch(name, message.data));
}

function dispatch(name: EventName, text: string): void {
  const data = JSON.parse(text) as never;
  for (const handler of [...(handlers.get(name) ?? [])]) handler(data);
}

function listen(name: EventName, handler: Handler): () => void {
  const known = handlers.get(name) ?? new Set();
  handlers.set(name, known.add(handler));
  if (source === undefined) open();
  return () => known.delete(handler);
}

/** Calls the handler for each event of that name, at once. */
export function useEvent<Name extends EventName>(name: Name, handler: (data: EventData[Name]) => void): void {
  const newest = useRef(handler);
  useEffect(() => {
    newest.current = handler;
  });
  useEffect(() => listen(name, (data: EventData[Name]) => newest.current(data)), [name]);
}

/** Acts after events, as soon as responses reflect them. */
export function useEventSettled(names: readonly EventName[] | undefined, action: () => void): void {
  const newest = useRef(action);
  useEffect(() => {
    newest.current = action;
  });
  const key = names === undefined ? '' : [...names, 'resync'].join(' ');
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        newest.current();
      }, SETTLE_MS);
    };
    const ends = key.split(' ').flatMap((name) => (name === '' ? [] : [listen(name as EventName, later)]));
    return () => {
      clearTimeout(timer);
      ends.forEach((end) => end());
    };
  }, [key]);
}

/** Whether the stream of events is open. */
export function useIsLive(): boolean {
  return useSyncExternalStore(
    (listener) => {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
    () => isLive,
  );
}
