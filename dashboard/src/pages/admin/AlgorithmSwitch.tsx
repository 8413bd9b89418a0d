// An algorithm's active network, with buttons to switch and to roll back. Both
// dialogs show the networks and the number of workers that move.

import { useState } from 'react';

import { send } from '../../api/client';
import type { AdminNetwork, Change } from '../../api/adminTypes';
import type { NetworkStats } from '../../api/types';
import { CoinIcon } from '../../components/CoinIcon';
import { SelectField } from '../../components/Field';
import { Panel } from '../../components/Panel';
import { countOf, formatHashrate } from '../../format/numbers';
import { ReasonDialog } from './ReasonDialog';

interface Props {
  algorithm: string;
  networks: readonly AdminNetwork[];
  stats: readonly NetworkStats[];
  undoable: Change | undefined;
  onDone: () => void;
}

export function AlgorithmSwitch({ algorithm, networks, stats, undoable, onDone }: Props) {
  const others = networks.filter((network) => !network.is_active);
  const [chosen, setChosen] = useState('');
  const [asked, setAsked] = useState<'switch' | 'rollback' | undefined>();

  const active = networks.find((network) => network.is_active);
  const target = others.find((network) => network.network === chosen) ?? others[0];
  const figures = stats.find((one) => one.network_id === active?.network_id);
  const nameOf = (name: string | null) => networks.find((network) => network.network === name)?.display_name ?? name ?? 'none';
  const question = { miners: figures?.miners, onClose: () => setAsked(undefined), onDone };
  return (
    <Panel
      title={algorithm}
      actions={
        undoable && (
          <button type="button" className="button" onClick={() => setAsked('rollback')}>
            Roll back
          </button>
        )
      }
    >
      <div className="switch">
        <Active network={active} figures={figures} />
        {target === undefined ? (
          <p className="muted">This is the only enabled network of the algorithm.</p>
        ) : (
          <>
            <SelectField label="Switch to" value={target.network} options={others.map(optionOf)} onChange={setChosen} />
            <button type="button" className="button is-primary" onClick={() => setAsked('switch')}>
              Switch…
            </button>
          </>
        )}
      </div>
      {asked === 'switch' && target && (
        <Question
          {...question}
          title={`Switch ${algorithm} to ${target.display_name}?`}
          confirmLabel={`Switch to ${target.display_name}`}
          from={nameOf(active?.network ?? null)}
          to={target.display_name}
          act={(reason) => send('POST', '/admin/switch', { network: target.network, reason })}
        />
      )}
      {asked === 'rollback' && undoable && (
        <Question
          {...question}
          title={`Roll back the last switch of ${algorithm}?`}
          confirmLabel={`Roll back to ${nameOf(undoable.from_network)}`}
          from={nameOf(undoable.to_network)}
          to={nameOf(undoable.from_network)}
          act={(reason) => send('POST', '/admin/rollback', { algorithm, reason })}
        />
      )}
    </Panel>
  );
}

function Active({ network, figures }: { network: AdminNetwork | undefined; figures: NetworkStats | undefined }) {
  return (
    <p className="switch-active">
      {network && <CoinIcon symbol={network.symbol} icon={network.icon} size={32} />}
      <span>
        <strong>{network?.display_name ?? 'No active network'}</strong>
        <span className="muted">
          {countOf(figures?.miners, 'worker')}, {formatHashrate(figures?.hashrate_hs)}
        </span>
      </span>
    </p>
  );
}

interface QuestionProps {
  title: string;
  confirmLabel: string;
  from: string;
  to: string;
  miners: number | null | undefined;
  act: (reason: string | null) => Promise<unknown>;
  onClose: () => void;
  onDone: () => void;
}

function Question({ from, to, miners, ...dialog }: QuestionProps) {
  return (
    <ReasonDialog {...dialog} isReasonNeeded doneText={`${to} is active now`}>
      <p className="switch-move">
        <strong>{from}</strong> → <strong>{to}</strong>
      </p>
      <p>
        {countOf(miners, 'worker')} mined {from} in the last 15 minutes. Workers on ports of the algorithm move to {to} immediately; workers on{' '}
        {from}’s own ports stay.
      </p>
    </ReasonDialog>
  );
}

function optionOf(network: AdminNetwork) {
  return { value: network.network, label: `${network.display_name} (${network.symbol})` };
}
