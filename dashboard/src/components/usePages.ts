// Lists in pages: the first page is loaded automatically, others on request.

import { useState } from 'react';

import { ApiError, get, type Query, urlOf } from '../api/client';
import type { List } from '../api/types';
import { type ApiState, useApi } from '../api/useApi';

interface More<Item> {
  url: string;
  items: Item[];
  next: string | null;
}

export interface Pages<Item> {
  first: ApiState<List<Item>>;
  items: Item[];
  hasMore: boolean;
  isLoadingMore: boolean;
  moreError: ApiError | undefined;
  loadMore: () => void;
}

/** options are those of useApi, for the first page. */
export function usePages<Item>(path: string, query: Query, options: Parameters<typeof useApi>[1] = {}): Pages<Item> {
  const url = urlOf(path, query);
  const first = useApi<List<Item>>(url, options);
  const [more, setMore] = useState<More<Item> | undefined>();
  const [isLoadingMore, setIsLoadingMore] = useState(false);
  const [moreError, setMoreError] = useState<ApiError | undefined>();

  const further = more?.url === url ? more : undefined;
  const next = further === undefined ? (first.data?.next ?? null) : further.next;

  const load = async () => {
    setIsLoadingMore(true);
    setMoreError(undefined);
    try {
      const page = await get<List<Item>>(urlOf(path, { ...query, before: next }));
      setMore({ url, items: [...(further?.items ?? []), ...page.items], next: page.next });
    } catch (error) {
      setMoreError(error instanceof ApiError ? error : new ApiError(0, 'Unexpected response', String(error)));
    }
    setIsLoadingMore(false);
  };
  return {
    first,
    items: [...(first.data?.items ?? []), ...(further?.items ?? [])],
    hasMore: next !== null,
    isLoadingMore,
    moreError,
    loadMore: () => void load(),
  };
}

/** Removes repeated items, which occur if items were added between loading two pages. */
export function distinctBy<Item>(items: readonly Item[], key: (item: Item) => string | number): Item[] {
  const seen = new Set<string | number>();
  return items.filter((item) => {
    if (seen.has(key(item))) return false;
    seen.add(key(item));
    return true;
  });
}
