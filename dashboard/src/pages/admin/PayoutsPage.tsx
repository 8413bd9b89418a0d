// Payout batches, with the actions of an admin.

import { useState } from 'react';

import type { Batch } from '../../api/adminTypes';
import { useNetworks } from '../../app/networks';
import { Amount } from '../../components/Amount';
import { Badge } from '../../components/Badge';
import type { Column } from '../../components/DataTable';
import { NetworkName } from '../../components/NetworkName';
import { PagedTable } from '../../components/PagedTable';
import { Page } from '../../components/Page';
import { Panel } from '../../components/Panel';
import { Segmented } from '../../components/Segmented';
import { TimeAgo } from '../../components/TimeAgo';
import { EmptyState } from '../../components/states';
import { usePages } from '../../components/usePages';
import { PAYOUT_TONES, Transaction } from '../PayoutsPanel';
import { BatchActions } from './BatchActions';

const STATES = ['any', 'prepared', 'sending', 'sent', 'confirmed', 'failed'] as const;
const REFRESH_MS = 10_000;

export function PayoutsPage() {
  const { selected } = useNetworks();
  const [state, setState] = useState<(typeof STATES)[number]>('any');
  const pages = usePages<Batch>('/admin/payouts', { network: selected?.network, state: state === 'any' ? null : state }, { refreshMs: REFRESH_MS });
  return (
    <Page title="Payouts" lead="Payout batches: each is one transaction from a network’s wallet">
      <Panel
        title="Batches"
        isFlush
        actions={<Segmented label="State" options={STATES.map((value) => ({ value, label: value === 'any' ? 'All' : value }))} value={state} onChange={setState} />}
      >
        <PagedTable
          pages={pages}
          caption="Payout batches, newest first"
          columns={columnsOf(pages.first.reload)}
          rowKey={(batch) => batch.batch_id}
          empty={<EmptyState title="No batches">A batch is created when balances are due and the network has a wallet.</EmptyState>}
        />
      </Panel>
    </Page>
  );
}

function columnsOf(reload: () => void): Column<Batch>[] {
  return [
    { key: 'batch', label: 'Batch', isHeader: true, render: (batch) => batch.batch_id },
    { key: 'network', label: 'Network', render: (batch) => <NetworkName network={batch.network} symbol={batch.symbol} /> },
    { key: 'made', label: 'Created', render: (batch) => <TimeAgo at={batch.created_at} /> },
    { key: 'state', label: 'State', render: (batch) => <State batch={batch} /> },
    { key: 'amount', label: 'Amount', isNumber: true, render: (batch) => <Amount sats={batch.amount_sats} symbol={batch.symbol} /> },
    { key: 'fee', label: 'Fee', isNumber: true, render: (batch) => <Amount sats={batch.fee_sats} /> },
    { key: 'recipients', label: 'Outputs', isNumber: true, render: (batch) => batch.recipients },
    { key: 'txid', label: 'Transaction', render: (batch) => <Transaction txid={batch.txid} url={batch.explorer_url} /> },
    { key: 'actions', label: '', render: (batch) => <BatchActions batch={batch} onDone={reload} /> },
  ];
}

function State({ batch }: { batch: Batch }) {
  return (
    <>
      <Badge tone={PAYOUT_TONES[batch.state] ?? 'wait'}>{batch.state}</Badge>
      {batch.held_by !== null && <p className="cell-note">held by {batch.held_by}</p>}
      {batch.problem !== null && <p className="cell-note tone-bad">{batch.problem}</p>}
      {batch.note !== null && <p className="cell-note">{batch.note}</p>}
    </>
  );
}
