import { useState } from 'react';

import { apiPath, send } from '../../api/client';
import type { AdminNetwork } from '../../api/adminTypes';
import { Dialog } from '../../components/Dialog';
import { SelectField, TextField } from '../../components/Field';
import { useToast } from '../../components/toasts';
import { useAction } from '../../components/useAction';
import { loginOf, NO_LOGIN, NodeLogin } from './NodeLogin';
import { PriorityField, priorityProblem } from './PriorityField';

const KINDS = [
  { value: 'node', label: 'Node (templates and blocks)' },
  { value: 'wallet', label: 'Wallet (payouts)' },
];

interface Props {
  network: AdminNetwork;
  onClose: () => void;
  onAdded: () => void;
}

export function AddNode({ network, onClose, onAdded }: Props) {
  const [url, setUrl] = useState('');
  const [kind, setKind] = useState('node');
  const [priority, setPriority] = useState('');
  const [login, setLogin] = useState(NO_LOGIN);
  const say = useToast();
  const add = useAction(async () => {
    const settings = { rpc_url: url.trim(), kind, ...loginOf(login), ...(priority !== '' && { priority: Number(priority) }) };
    await send('POST', apiPath`/admin/networks/${network.network}/nodes`, settings);
    say('Node added');
    onClose();
    onAdded();
  });
  return (
    <Dialog
      title={`Add node to ${network.display_name}`}
      confirmLabel="Add"
      isRunning={add.isRunning}
      isIncomplete={url.trim() === '' || priorityProblem(priority) !== null}
      error={add.error}
      onConfirm={() => void add.run()}
      onClose={onClose}
    >
      <TextField label="RPC URL" value={url} onChange={setUrl} placeholder="http://127.0.0.1:9332" spellCheck={false} autoComplete="off" />
      <SelectField label="Kind" value={kind} options={KINDS} onChange={setKind} />
      {kind === 'node' && <PriorityField priority={priority} onChange={setPriority} hint="The lowest is used first; if empty, the node is used last" />}
      <NodeLogin login={login} onChange={setLogin} />
    </Dialog>
  );
}
