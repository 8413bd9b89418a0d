import { urlOf } from '../../api/client';
import type { HealthItem } from '../../api/adminTypes';
import { useApi } from '../../api/useApi';
import { Badge } from '../../components/Badge';
import { type Column, DataTable } from '../../components/DataTable';
import { Page } from '../../components/Page';
import { Panel } from '../../components/Panel';
import { TimeAgo } from '../../components/TimeAgo';
import { EmptyState, Loadable } from '../../components/states';
import { countOf, UNKNOWN } from '../../format/numbers';

const REFRESH_MS = 10_000;

export function HealthPage() {
  const state = useApi<{ items: HealthItem[] }>(urlOf('/admin/health'), { refreshMs: REFRESH_MS });
  const bad = state.data?.items.filter((item) => !item.ok).length;
  return (
    <Page title="Health" lead={bad === undefined ? undefined : bad === 0 ? 'All parts are healthy' : `${countOf(bad, 'part needs', 'parts need')} attention`}>
      <Panel title="Parts of the pool" isFlush>
        <Loadable state={state} rows={6}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState title="Nothing is running">No network is enabled.</EmptyState>
            ) : (
              <DataTable
                caption="Parts of the pool, those with problems first"
                columns={columns}
                rows={[...items].sort((a, b) => Number(a.ok) - Number(b.ok))}
                rowKey={(item) => `${item.subject} ${item.name} ${item.part}`}
              />
            )
          }
        </Loadable>
      </Panel>
    </Page>
  );
}

const columns: readonly Column<HealthItem>[] = [
  { key: 'name', label: 'Subject', isHeader: true, render: (item) => `${item.subject} ${item.name}` },
  { key: 'part', label: 'Part', render: (item) => item.part },
  { key: 'ok', label: 'State', render: (item) => <Badge tone={item.ok ? 'good' : 'bad'}>{item.ok ? 'good' : 'bad'}</Badge> },
  { key: 'message', label: 'Message', render: (item) => item.message ?? UNKNOWN },
  { key: 'since', label: 'Since', render: (item) => <TimeAgo at={item.since} /> },
  { key: 'success', label: 'Last success', render: (item) => <TimeAgo at={item.last_success} /> },
];
