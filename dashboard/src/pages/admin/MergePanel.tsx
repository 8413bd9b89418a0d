// Merged mining of a network: the parents whose miners mine it as well, and its
// own children, with buttons to merge and unmerge.

import { useState } from 'react';

import { apiPath, send } from '../../api/client';
import type { AdminNetwork } from '../../api/adminTypes';
import type { Network } from '../../api/types';
import { useNetworks } from '../../app/networks';
import { SelectField } from '../../components/Field';
import { Panel } from '../../components/Panel';
import { ReasonDialog } from './ReasonDialog';

interface Question {
  verb: 'merge' | 'unmerge';
  parent: Network;
}

export function MergePanel({ network, onChange }: { network: AdminNetwork; onChange: () => void }) {
  const { networks, reload } = useNetworks();
  const [chosen, setChosen] = useState('');
  const [asked, setAsked] = useState<Question | undefined>();

  const shown = networks?.find((one) => one.network_id === network.network_id);
  if (networks === undefined || shown === undefined) return null;
  const named = (names: readonly string[]) => networks.filter((one) => names.includes(one.network));
  const possible = shown.children.length > 0 ? [] : networks.filter((one) => mayBeParent(one, shown));
  const parent = possible.find((one) => one.network === chosen) ?? possible[0];
  const done = () => {
    reload();
    onChange();
  };
  return (
    <Panel title="Merged mining">
      <p>{describe(named(shown.parents), named(shown.children))}</p>
      {named(shown.parents).map((one) => (
        <button key={one.network_id} type="button" className="button" onClick={() => setAsked({ verb: 'unmerge', parent: one })}>
          Unmerge from {one.display_name}…
        </button>
      ))}
      {parent && (
        <div className="switch">
          <SelectField
            label="Mine it with"
            value={parent.network}
            options={possible.map((one) => ({ value: one.network, label: `${one.display_name} (${one.symbol})` }))}
            onChange={setChosen}
          />
          <button type="button" className="button is-primary" onClick={() => setAsked({ verb: 'merge', parent })}>
            Merge…
          </button>
        </div>
      )}
      {asked && (
        <ReasonDialog
          title={asked.verb === 'merge' ? `Merge ${network.display_name} with ${asked.parent.display_name}?` : `Unmerge ${network.display_name}?`}
          confirmLabel={asked.verb === 'merge' ? 'Merge' : 'Unmerge'}
          {...(asked.verb === 'unmerge' && { isDangerous: true })}
          act={(reason) => send('POST', apiPath`/admin/networks/${network.network}/${asked.verb}`, { parent: asked.parent.network, reason })}
          doneText={`${network.display_name} is ${asked.verb}d`}
          onClose={() => setAsked(undefined)}
          onDone={done}
        >
          <p>
            {asked.verb === 'merge'
              ? `Shares of ${asked.parent.display_name} may be blocks of ${network.display_name}, too. Its miners stay connected and need an address of both coins.`
              : `Shares of ${asked.parent.display_name} are no longer blocks of ${network.display_name}. What has been found and earned stays.`}
          </p>
        </ReasonDialog>
      )}
    </Panel>
  );
}

function mayBeParent(one: Network, child: Network) {
  return one.algorithm === child.algorithm && one.network_id !== child.network_id && one.parents.length === 0 && !child.parents.includes(one.network);
}

function describe(parents: readonly Network[], children: readonly Network[]) {
  const list = (networks: readonly Network[]) => networks.map((one) => one.display_name).join(', ');
  if (parents.length > 0) return `Miners of ${list(parents)} mine this coin as well.`;
  if (children.length > 0) return `Miners of this coin also mine ${list(children)}.`;
  return 'This coin is mined alone.';
}
