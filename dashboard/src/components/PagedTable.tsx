import type { ReactNode } from 'react';

import { type Column, DataTable } from './DataTable';
import { ErrorState, Loadable } from './states';
import { distinctBy, type Pages } from './usePages';

interface Props<Item> {
  pages: Pages<Item>;
  caption: string;
  columns: readonly Column<Item>[];
  rowKey: (item: Item) => string | number;
  empty: ReactNode;
  isNew?: (item: Item) => boolean;
  /** Shown above the table; gets the rows. */
  summary?: (items: Item[]) => ReactNode;
}

/** A table with its states, and a button that loads older items. */
export function PagedTable<Item>({ pages, caption, columns, rowKey, empty, isNew, summary }: Props<Item>) {
  return (
    <Loadable state={pages.first} rows={6}>
      {() => {
        const items = distinctBy(pages.items, rowKey);
        if (items.length === 0) return <>{empty}</>;
        return (
          <>
            {summary?.(items)}
            <DataTable caption={caption} columns={columns} rows={items} rowKey={rowKey} {...(isNew && { isNew })} />
            {pages.moreError && <ErrorState error={pages.moreError} onRetry={pages.loadMore} />}
            {pages.hasMore && !pages.moreError && (
              <div className="table-foot">
                <button type="button" className="button" onClick={pages.loadMore} disabled={pages.isLoadingMore}>
                  {pages.isLoadingMore ? 'Loading…' : 'Load more'}
                </button>
              </div>
            )}
          </>
        );
      }}
    </Loadable>
  );
}
