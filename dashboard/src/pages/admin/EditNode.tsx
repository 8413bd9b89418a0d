import { useState } from 'react';

import { apiPath, send } from '../../api/client';
import type { AdminNode } from '../../api/adminTypes';
import { TextField } from '../../components/Field';
import { LOGIN_AS_BEFORE, loginOf, NodeLogin } from './NodeLogin';
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
  const [login, setLogin] = useState(LOGIN_AS_BEFORE);
  const isNode = node.kind === 'node';
  const changes = { rpc_url: url.trim(), ...(isNode && { priority: Number(priority) }), ...loginOf(login) };
  return (
    <ReasonDialog
      title={isNode ? 'Change this node' : 'Change this wallet'}
      confirmLabel="Save"
      isIncomplete={url.trim() === '' || priority === '' || priorityProblem(priority) !== null}
      act={(reason) => send('PATCH', apiPath`/admin/nodes/${node.node_id}`, { changes, reason })}
      doneText="The node is changed"
      onClose={onClose}
      onDone={onChanged}
    >
      <TextField
        label="RPC URL"
        value={url}
        onChange={setUrl}
        hint="With another host the login must be given again"
        spellCheck={false}
        autoComplete="off"
      />
      {isNode && <PriorityField priority={priority} onChange={setPriority} hint="The lowest is used first" />}
      <NodeLogin login={login} isKnown onChange={setLogin} />
    </ReasonDialog>
  );
}
