import { useState } from 'react';

import { apiPath, send } from '../../api/client';
import type { AdminNode } from '../../api/adminTypes';
import { TextField } from '../../components/Field';
import { UNCHANGED_LOGIN, loginOf, NodeLogin } from './NodeLogin';
import { PriorityField, priorityProblem } from './PriorityField';
import { ReasonDialog } from './ReasonDialog';

interface Props {
  node: AdminNode;
  onClose: () => void;
  onChanged: () => void;
}

export function EditNode({ node, onClose, onChanged }: Props) {
  const [url, setUrl] = useState(node.rpc_url);
  const [priority, setPriority] = useState(String(node.priority));
  const [login, setLogin] = useState(UNCHANGED_LOGIN);
  const isNode = node.kind === 'node';
  const changes = { rpc_url: url.trim(), ...(isNode && { priority: Number(priority) }), ...loginOf(login) };
  return (
    <ReasonDialog
      title={isNode ? 'Edit node' : 'Edit wallet'}
      confirmLabel="Save"
      isIncomplete={url.trim() === '' || priority === '' || priorityProblem(priority) !== null}
      act={(reason) => send('PATCH', apiPath`/admin/nodes/${node.node_id}`, { changes, reason })}
      doneText="Node changed"
      onClose={onClose}
      onDone={onChanged}
    >
      <TextField
        label="RPC URL"
        value={url}
        onChange={setUrl}
        hint="If the host changes, enter the credentials again"
        spellCheck={false}
        autoComplete="off"
      />
      {isNode && <PriorityField priority={priority} onChange={setPriority} hint="The lowest is used first" />}
      <NodeLogin login={login} isKnown onChange={setLogin} />
    </ReasonDialog>
  );
}
