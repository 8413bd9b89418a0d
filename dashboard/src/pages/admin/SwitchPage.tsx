// Which network each algorithm's miners work for, changing that, and undoing it.

import { useState } from 'react';

import { send, urlOf } from '../../api/client';
import type { AdminNetwork, Change } from '../../api/adminTypes';
import type { List, NetworkStats } from '../../api/types';
import { useApi } from '../../api/useApi';
import { usePoolStats } from '../../app/stats';
import { CoinIcon } from '../../components/CoinIcon';
import { SelectField } from '../../components/Field';
import { Page } from '../../components/Page';
import { Panel } from '../../components/Panel';
import { EmptyState, Loadable } from '../../components/states';
import { countOf, formatHashrate } from '../../format/numbers';
import { ReasonDialog } from './ReasonDialog';
import { undoableSwitch } from './history';

/** Far enough back for a switch of each algorithm to be among them. */
const HISTORY_LIMIT = 100;

export function SwitchPage() {
  const networks = useApi<{ items: AdminNetwork[] }>(urlOf('/admin/networks'), { refreshOn: ['network', 'switch'] });
  const history = useApi<List<Change>>(urlOf('/admin/history', { limit: HISTORY_LIMIT }), { refreshOn: ['switch'] });
  const stats = usePoolStats();
  const reload = () => {
    networks.reload();
    history.reload();
    stats.reload();
  };
  return (
    <Page title="Switch" lead="Miners on ports of an algorithm work for its active network, and stay connected when it changes">
      <Loadable state={networks} rows={4}>
        {({ items }) => {
          const algorithms = [...new Set(items.filter((network) => network.state === 'enabled').map((network) => network.algorithm))].sort();
          if (algorithms.length === 0) return <EmptyState title="Nothing to switch">No network is enabled.</EmptyState>;
          return algorithms.map((algorithm) => (
            <Algorithm
              key={algorithm}
              algorithm={algorithm}
              networks={items.filter((network) => network.algorithm === algorithm && network.state === 'enabled')}
              stats={stats.data?.networks ?? []}
              undoable={undoableSwitch(history.data?.items ?? [], algorithm)}
              onDone={reload}
            />
          ));
        }}
      </Loadable>
    </Page>
  );
}

interface AlgorithmProps {
  algorithm: string;
  networks: readonly AdminNetwork[];
  stats: readonly NetworkStats[];
  undoable: Change | undefined;
  onDone: () => void;
}

function Algorithm({ algorithm, networks, stats, undoable, onDone }: AlgorithmProps) {
  const active = networks.find((network) => network.is_active);
  const others = networks.filter((network) => !network.is_active);
  const [chosen, setChosen] = useState('');
  const [asked, setAsked] = useState<'switch' | 'rollback' | undefined>();

  const target = others.find((network) => network.network === chosen) ?? others[0];
  const figures = stats.find((one) => one.network_id === active?.network_id);
  const nameOf = (name: string | null) => networks.find((network) => network.network === name)?.display_name ?? name ?? 'none';
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
        <p className="switch-active">
          {active && <CoinIcon symbol={active.symbol} icon={active.icon} size={32} />}
          <span>
            <strong>{active?.display_name ?? 'None is active'}</strong>
            <span className="muted">
              {countOf(figures?.miners, 'worker')}, {formatHashrate(figures?.hashrate_hs)}
            </span>
          </span>
        </p>
        {target === undefined ? (
          <p className="muted">It is the algorithm’s only enabled network.</p>
        ) : (
          <>
            <SelectField
              label="Switch to"
              value={target.network}
              options={others.map((network) => ({ value: network.network, label: `${network.display_name} (${network.symbol})` }))}
              onChange={setChosen}
            />
            <button type="button" className="button is-primary" onClick={() => setAsked('switch')}>
              Switch…
            </button>
          </>
        )}
      </div>
      {asked === 'switch' && target && (
        <ReasonDialog
          title={`Switch ${algorithm} to ${target.display_name}?`}
          confirmLabel={`Switch to ${target.display_name}`}
          isReasonNeeded
          act={(reason) => send('POST', '/admin/switch', { network: target.network, reason })}
          doneText={`${target.display_name} is active now`}
          onClose={() => setAsked(undefined)}
          onDone={onDone}
        >
          <Move from={nameOf(active?.network ?? null)} to={target.display_name} miners={figures?.miners} />
        </ReasonDialog>
      )}
      {asked === 'rollback' && undoable && (
        <ReasonDialog
          title={`Roll the last switch of ${algorithm} back?`}
          confirmLabel={`Back to ${nameOf(undoable.from_network)}`}
          isReasonNeeded
          act={(reason) => send('POST', '/admin/rollback', { algorithm, reason })}
          doneText={`${nameOf(undoable.from_network)} is active again`}
          onClose={() => setAsked(undefined)}
          onDone={onDone}
        >
          <Move from={nameOf(undoable.to_network)} to={nameOf(undoable.from_network)} miners={figures?.miners} />
        </ReasonDialog>
      )}
    </Panel>
  );
}

function Move({ from, to, miners }: { from: string; to: string; miners: number | null | undefined }) {
  return (
    <>
      <p className="switch-move">
        <strong>{from}</strong> → <strong>{to}</strong>
      </p>
      <p>
        {countOf(miners, 'worker')} mined {from} in the last 15 minutes. Those on ports of the active network go to {to} at once; those on {from}’s own ports stay.
      </p>
    </>
  );
}
