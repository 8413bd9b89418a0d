import type { Payout } from '../api/types';
import { useNetworks } from '../app/networks';
import { Amount } from '../components/Amount';
import { Badge, type Tone } from '../components/Badge';
import type { Column } from '../components/DataTable';
import { ExternalLink } from '../components/ExternalLink';
import { Hash } from '../components/Hash';
import { NetworkName } from '../components/NetworkName';
import { PagedTable } from '../components/PagedTable';
import { Panel } from '../components/Panel';
import { TimeAgo } from '../components/TimeAgo';
import { EmptyState } from '../components/states';
import { usePages } from '../components/usePages';
import { formatCount, UNKNOWN } from '../format/numbers';

const REFRESH_MS = 15_000;

export const PAYOUT_TONES: Record<string, Tone> = { confirmed: 'good', failed: 'bad' };

export function PayoutsPanel({ path }: { path: string }) {
  const { selected } = useNetworks();
  const pages = usePages<Payout>(path, { network: selected?.network }, { refreshMs: REFRESH_MS });

  return (
    <Panel title="Payouts" isFlush>
      <PagedTable
        pages={pages}
        caption="Payouts, newest first"
        columns={columns}
        rowKey={(payout) => payout.payout_id}
        empty={<EmptyState title="No payouts yet">You are paid as soon as the available balance reaches the minimum payout.</EmptyState>}
      />
    </Panel>
  );
}

const columns: readonly Column<Payout>[] = [
  { key: 'at', label: 'Created', isHeader: true, render: (payout) => <TimeAgo at={payout.created_at} /> },
  { key: 'network', label: 'Network', render: (payout) => <NetworkName network={payout.network} symbol={payout.symbol} /> },
  { key: 'amount', label: 'Amount', isNumber: true, render: (payout) => <Amount sats={payout.amount_sats} symbol={payout.symbol} /> },
  { key: 'fee', label: 'Fee', isNumber: true, render: (payout) => <Amount sats={payout.fee_sats} /> },
  { key: 'state', label: 'State', render: (payout) => <State payout={payout} /> },
  { key: 'address', label: 'Address', render: (payout) => (payout.address === null ? UNKNOWN : <Hash text={payout.address} />) },
  { key: 'txid', label: 'Transaction', render: (payout) => <Transaction txid={payout.txid} url={payout.explorer_url} /> },
];

function State({ payout }: { payout: Payout }) {
  return (
    <>
      <Badge tone={PAYOUT_TONES[payout.state] ?? 'wait'}>{payout.state}</Badge>
      {payout.state === 'sent' && payout.confirmations !== null && (
        <span className="muted"> {formatCount(payout.confirmations)} confirmations</span>
      )}
    </>
  );
}

export function Transaction({ txid, url }: { txid: string | null; url: string | null }) {
  if (txid === null) return <>{UNKNOWN}</>;
  return (
    <ExternalLink href={url}>
      <Hash text={txid} />
    </ExternalLink>
  );
}
