// An account's payout addresses on one network, or the default ones, with a pending
// change and the editor.

import { useState } from 'react';

import { send, withQuery } from '../api/client';
import type { WalletSet } from '../api/types';
import { ActionError } from '../components/ActionError';
import { Badge } from '../components/Badge';
import { CoinIcon } from '../components/CoinIcon';
import { Panel } from '../components/Panel';
import { TimeAgo } from '../components/TimeAgo';
import { useToast } from '../components/toasts';
import { useAction } from '../components/useAction';
import { WalletEditor } from './WalletEditor';
import type { WalletNetwork } from './wallets';

interface Props {
  /** null: the default, for networks without their own addresses */
  network: WalletNetwork | null;
  current: WalletSet | undefined;
  pending: WalletSet | undefined;
  onChange: () => void;
}

const SOURCES: Record<string, string> = { wallet: 'set for this network', default: 'default address', account: 'the account’s name is the address' };

export function WalletCard({ network, current, pending, onChange }: Props) {
  const [isEditing, setIsEditing] = useState(false);
  const title = network?.display_name ?? 'Default';

  return (
    <Panel
      title={title}
      actions={
        !isEditing && (
          <button type="button" className="button" onClick={() => setIsEditing(true)} aria-label={`Change payout addresses of ${title}`}>
            Change
          </button>
        )
      }
      {...(network === null && { note: 'Used on every network on which this address is valid and no other address is set.' })}
    >
      <div className="wallet">
        {network && <CoinIcon symbol={network.symbol} icon={network.icon} size={28} />}
        <div className="wallet-sets">
          <Entries set={current} emptyText={network ? 'No payout address: you are not paid on this network.' : 'No default address.'} />
          {network && current?.source != null && <p className="muted">{SOURCES[current.source] ?? current.source}</p>}
          {pending && <Pending network={network} set={pending} onChange={onChange} />}
        </div>
      </div>
      {isEditing && (
        <WalletEditor
          network={network}
          current={network !== null && current?.source !== 'wallet' ? undefined : current}
          onClose={() => setIsEditing(false)}
          onSaved={() => {
            setIsEditing(false);
            onChange();
          }}
        />
      )}
    </Panel>
  );
}

function Entries({ set, emptyText }: { set: WalletSet | undefined; emptyText: string }) {
  if (set === undefined || set.entries.length === 0) return <p className="muted">{emptyText}</p>;
  return (
    <ul className="wallet-entries">
      {set.entries.map((entry) => (
        <li key={entry.address}>
          <span className="wallet-percent">{entry.percent} %</span>
          <code>{entry.address}</code>
        </li>
      ))}
    </ul>
  );
}

function Pending({ network, set, onChange }: { network: WalletNetwork | null; set: WalletSet; onChange: () => void }) {
  const say = useToast();
  const cancel = useAction(async () => {
    await send('DELETE', withQuery('/user/wallets/pending', { network: network?.network }));
    say('Change cancelled');
    onChange();
  });
  return (
    <div className="wallet-pending">
      <p>
        <Badge tone="wait">pending</Badge> takes effect <TimeAgo at={set.valid_from} />
      </p>
      <Entries set={set} emptyText="No address." />
      <ActionError error={cancel.error} />
      <button type="button" className="button is-small" onClick={() => void cancel.run()} disabled={cancel.isRunning}>
        Cancel change
      </button>
    </div>
  );
}
