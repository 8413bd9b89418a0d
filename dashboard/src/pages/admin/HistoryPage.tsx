import type { Change } from '../../api/adminTypes';
import { useNetworks } from '../../app/networks';
import { Badge } from '../../components/Badge';
import type { Column } from '../../components/DataTable';
import { PagedTable } from '../../components/PagedTable';
import { Page } from '../../components/Page';
import { Panel } from '../../components/Panel';
import { TimeAgo } from '../../components/TimeAgo';
import { EmptyState } from '../../components/states';
import { usePages } from '../../components/usePages';
import { countOf, UNKNOWN } from '../../format/numbers';
import { describeChanges } from './history';

/** Longer lists are collapsed; a new network has a change for each setting. */
const FEW_CHANGES = 4;

export function HistoryPage() {
  const { selected } = useNetworks();
  const pages = usePages<Change>('/admin/history', { network: selected?.network }, { refreshOn: ['switch', 'network'] });
  return (
    <Page title="History" lead="All changes of networks: who, when and why">
      <Panel title={selected ? `Changes of ${selected.display_name}` : 'All changes'} isFlush>
        <PagedTable
          pages={pages}
          caption="Changes, newest first"
          columns={columns}
          rowKey={(change) => change.switch_id}
          empty={<EmptyState title="No changes yet">Changes are kept forever.</EmptyState>}
        />
      </Panel>
    </Page>
  );
}

const columns: readonly Column<Change>[] = [
  { key: 'at', label: 'Time', isHeader: true, render: (change) => <TimeAgo at={change.at} /> },
  { key: 'kind', label: 'Kind', render: (change) => <Badge tone={change.kind === 'switch' || change.kind === 'rollback' ? 'accent' : 'neutral'}>{change.kind}</Badge> },
  { key: 'network', label: 'Network', render: (change) => <Where change={change} /> },
  { key: 'changes', label: 'Changes', render: (change) => <Changes change={change} /> },
  { key: 'who', label: 'User', render: (change) => change.who },
  { key: 'reason', label: 'Reason', render: (change) => change.reason ?? UNKNOWN },
];

function Where({ change }: { change: Change }) {
  if (change.from_network === null || change.to_network === null || change.from_network === change.to_network) return <>{change.network}</>;
  return (
    <>
      {change.from_network} → {change.to_network}
    </>
  );
}

function Changes({ change }: { change: Change }) {
  const changes = describeChanges(change.changes);
  if (changes.length === 0) return <span className="muted">{change.result ?? UNKNOWN}</span>;
  const list = (
    <ul className="change-list">
      {changes.map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
  if (changes.length <= FEW_CHANGES) return list;
  return (
    <details>
      <summary>{countOf(changes.length, 'setting')}</summary>
      {list}
    </details>
  );
}
