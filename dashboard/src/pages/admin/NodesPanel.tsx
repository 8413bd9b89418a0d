import { useState } from 'react';

import { apiPath, send } from '../../api/client';
import type { AdminNetwork, AdminNode } from '../../api/adminTypes';
import { Badge } from '../../components/Badge';
import { type Column, DataTable } from '../../components/DataTable';
import { Dialog } from '../../components/Dialog';
import { Panel } from '../../components/Panel';
import { EmptyState } from '../../components/states';
import { useToast } from '../../components/toasts';
import { useAction } from '../../components/useAction';
import { UNKNOWN } from '../../format/numbers';
import { AddNode } from './AddNode';
import { EditNode } from './EditNode';

export function NodesPanel({ network, onChange }: { network: AdminNetwork; onChange: () => void }) {
  const [isAdding, setIsAdding] = useState(false);
  const [editing, setEditing] = useState<AdminNode | undefined>();
  const [removing, setRemoving] = useState<AdminNode | undefined>();

  return (
    <Panel
      title="Nodes and wallet"
      isFlush
      actions={
        <button type="button" className="button" onClick={() => setIsAdding(true)}>
          Add node
        </button>
      }
    >
      {network.nodes.length === 0 ? (
        <EmptyState title="No nodes">Without a node, the network has no jobs.</EmptyState>
      ) : (
        <DataTable caption="Nodes and wallet" columns={columnsOf(setEditing, setRemoving)} rows={network.nodes} rowKey={(node) => node.node_id} />
      )}
      {isAdding && <AddNode network={network} onClose={() => setIsAdding(false)} onAdded={onChange} />}
      {editing && <EditNode node={editing} onClose={() => setEditing(undefined)} onChanged={onChange} />}
      {removing && <Remove node={removing} onClose={() => setRemoving(undefined)} onRemoved={onChange} />}
    </Panel>
  );
}

function Remove({ node, onClose, onRemoved }: { node: AdminNode; onClose: () => void; onRemoved: () => void }) {
  const say = useToast();
  const remove = useAction(async () => {
    await send('DELETE', apiPath`/admin/nodes/${node.node_id}`);
    say('Node removed');
    onClose();
    onRemoved();
  });
  return (
    <Dialog
      title="Remove this node?"
      confirmLabel="Remove"
      isDangerous
      isRunning={remove.isRunning}
      error={remove.error}
      onConfirm={() => void remove.run()}
      onClose={onClose}
    >
      <p>
        The pool will no longer use <code>{node.rpc_url}</code>.
      </p>
    </Dialog>
  );
}

function columnsOf(edit: (node: AdminNode) => void, remove: (node: AdminNode) => void): Column<AdminNode>[] {
  return [
    { key: 'url', label: 'RPC URL', isHeader: true, render: (node) => <code>{node.rpc_url}</code> },
    { key: 'kind', label: 'Kind', render: (node) => node.kind },
    { key: 'priority', label: 'Priority', isNumber: true, render: (node) => node.priority },
    { key: 'login', label: 'Authentication', render: (node) => node.login ?? 'none' },
    { key: 'state', label: 'State', render: (node) => <State node={node} /> },
    {
      key: 'actions',
      label: '',
      render: (node) => (
        <div className="row-actions">
          <button type="button" className="button is-small" onClick={() => edit(node)} aria-label={`Edit ${node.rpc_url}`}>
            Edit
          </button>
          <button type="button" className="button is-small is-danger" onClick={() => remove(node)} aria-label={`Remove ${node.rpc_url}`}>
            Remove
          </button>
        </div>
      ),
    },
  ];
}

function State({ node }: { node: AdminNode }) {
  if (node.last_problem !== null) return <span className="tone-bad">{node.last_problem}</span>;
  if (node.is_current === null) return <>{UNKNOWN}</>;
  return node.is_current ? <Badge tone="good">in use</Badge> : <Badge>standby</Badge>;
}
