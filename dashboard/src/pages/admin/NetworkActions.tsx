// Enables, disables, archives and deletes a network.

import { useState } from 'react';

import { apiPath, send, withQuery } from '../../api/client';
import type { AdminNetwork } from '../../api/adminTypes';
import { navigate } from '../../app/location';
import { useNetworks } from '../../app/networks';
import { ReasonDialog } from './ReasonDialog';

type ActionName = 'enable' | 'disable' | 'archive' | 'delete';

interface Action {
  label: string;
  done: string;
  text: string;
  isDangerous?: boolean;
  isReasonNeeded?: boolean;
}

const ACTIONS: Record<ActionName, Action> = {
  enable: { label: 'Enable', done: 'enabled', text: 'The network’s background workers start, and its ports serve miners.' },
  disable: { label: 'Disable', done: 'disabled', text: 'Miners get no more jobs of this network. Blocks already found are still confirmed and paid.', isDangerous: true },
  archive: {
    label: 'Archive',
    done: 'archived',
    text: 'The network is archived permanently and cannot be enabled again. Its shares, blocks and balances are kept.',
    isDangerous: true,
    isReasonNeeded: true,
  },
  delete: { label: 'Delete', done: 'deleted', text: 'Only a network without history can be deleted. Archive a network that has shares.', isDangerous: true, isReasonNeeded: true },
};

const OFFERED: Record<AdminNetwork['state'], ActionName[]> = { enabled: ['disable'], disabled: ['enable', 'archive', 'delete'], archived: [] };

export function NetworkActions({ network, onDone }: { network: AdminNetwork; onDone: () => void }) {
  const { hrefTo } = useNetworks();
  const [asked, setAsked] = useState<ActionName | undefined>();
  const action = asked && ACTIONS[asked];

  const act = (name: ActionName, reason: string | null) =>
    name === 'delete'
      ? send('DELETE', withQuery(apiPath`/admin/networks/${network.network}`, { reason }))
      : send('POST', apiPath`/admin/networks/${network.network}/${name}`, { reason });
  return (
    <>
      {OFFERED[network.state].map((name) => (
        <button key={name} type="button" className={name === 'enable' ? 'button is-primary' : 'button'} onClick={() => setAsked(name)}>
          {ACTIONS[name].label}
        </button>
      ))}
      {asked && action && (
        <ReasonDialog
          title={`${action.label} ${network.display_name}?`}
          confirmLabel={action.label}
          {...(action.isDangerous && { isDangerous: true })}
          {...(action.isReasonNeeded && { isReasonNeeded: true })}
          act={(reason) => act(asked, reason)}
          doneText={`${network.display_name} is ${action.done}`}
          onClose={() => setAsked(undefined)}
          onDone={() => (asked === 'delete' ? navigate(hrefTo({ page: 'admin', tab: 'networks' })) : onDone())}
        >
          <p>{action.text}</p>
        </ReasonDialog>
      )}
    </>
  );
}
