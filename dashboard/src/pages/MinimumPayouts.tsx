import { type FormEvent, useState } from 'react';

import { send, urlOf } from '../api/client';
import type { Balance } from '../api/types';
import { useApi } from '../api/useApi';
import { useNetwork, useNetworks } from '../app/networks';
import { ActionError } from '../components/ActionError';
import { TextField } from '../components/Field';
import { Panel } from '../components/Panel';
import { EmptyState, Loadable } from '../components/states';
import { useToast } from '../components/toasts';
import { useAction } from '../components/useAction';
import { parseCoins, satsToInput } from '../format/sats';

/** The user's minimum payout on each network with a balance. */
export function MinimumPayouts() {
  const { selected } = useNetworks();
  const state = useApi<{ items: Balance[] }>(urlOf('/user/balances', { network: selected?.network }));
  return (
    <Panel title="Minimum payout" note="A higher minimum means fewer payouts. It cannot be lower than the network’s minimum.">
      <Loadable state={state} rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No earnings yet">You can set a minimum for each network on which you have a balance.</EmptyState>
          ) : (
            <div className="minimums">
              {items.map((balance) => (
                <Minimum key={`${balance.network_id} ${balance.minimum_payout_sats}`} balance={balance} onSaved={state.reload} />
              ))}
            </div>
          )
        }
      </Loadable>
    </Panel>
  );
}

function Minimum({ balance, onSaved }: { balance: Balance; onSaved: () => void }) {
  const network = useNetwork(balance.network);
  const [text, setText] = useState(balance.minimum_payout_sats === null ? '' : satsToInput(balance.minimum_payout_sats));
  const say = useToast();
  const sats = parseCoins(text);
  const save = useAction(async () => {
    await send('PUT', '/user/minimum-payout', { network: balance.network, minimum_payout_sats: sats });
    say('Saved');
    onSaved();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (sats !== null) void save.run();
  };
  return (
    <form className="minimum" onSubmit={submit}>
      <TextField
        label={`${network?.display_name ?? balance.network}, in ${balance.symbol}`}
        value={text}
        onChange={setText}
        inputMode="decimal"
        error={sats === null ? `Enter an amount in ${balance.symbol} with up to 8 decimals.` : null}
      />
      <button type="submit" className="button" disabled={sats === null || sats === balance.minimum_payout_sats || save.isRunning}>
        Save
      </button>
      <ActionError error={save.error} />
    </form>
  );
}
