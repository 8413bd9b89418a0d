// API tokens, with which programs call the API on the user's behalf.

import { type FormEvent, useState } from 'react';

import { apiPath, send, urlOf } from '../api/client';
import type { Token } from '../api/types';
import { useApi } from '../api/useApi';
import { ActionError } from '../components/ActionError';
import { Badge } from '../components/Badge';
import { Code } from '../components/Code';
import { type Column, DataTable } from '../components/DataTable';
import { Dialog } from '../components/Dialog';
import { SelectField, TextField } from '../components/Field';
import { Panel } from '../components/Panel';
import { EmptyState, Loadable } from '../components/states';
import { TimeAgo } from '../components/TimeAgo';
import { useToast } from '../components/toasts';
import { useAction } from '../components/useAction';

const SCOPES = [
  { value: 'read', label: 'Read only' },
  { value: 'write', label: 'Read and write' },
];
const LIFETIMES = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: '1 year' },
  { value: '', label: 'Never' },
];

export function TokensPanel() {
  const state = useApi<{ items: Token[] }>(urlOf('/user/tokens'));
  const [revoking, setRevoking] = useState<Token | undefined>();

  return (
    <>
      <Panel title="API tokens" note="Programs send a token in the header “Authorization: Bearer TOKEN”.">
        <NewToken onAdded={state.reload} />
      </Panel>
      <Panel title="Your tokens" isFlush>
        <Loadable state={state} rows={2}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState title="No tokens">You have not created a token yet.</EmptyState>
            ) : (
              <DataTable caption="API tokens" columns={columnsOf(setRevoking)} rows={items} rowKey={(token) => token.token_id} />
            )
          }
        </Loadable>
      </Panel>
      {revoking && <Revoke token={revoking} onClose={() => setRevoking(undefined)} onRevoked={state.reload} />}
    </>
  );
}

function NewToken({ onAdded }: { onAdded: () => void }) {
  const [name, setName] = useState('');
  const [scope, setScope] = useState('read');
  const [days, setDays] = useState('90');
  const [made, setMade] = useState<string | undefined>();
  const add = useAction(async () => {
    const body = { name: name.trim(), scope, expires_in_days: days === '' ? null : Number(days) };
    setMade((await send<{ token: string }>('POST', '/user/tokens', body)).token);
    setName('');
    onAdded();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void add.run();
  };
  return (
    <form onSubmit={submit}>
      <div className="fields">
        <TextField label="Name" value={name} onChange={setName} required maxLength={64} />
        <SelectField label="Permissions" value={scope} options={SCOPES} onChange={setScope} />
        <SelectField label="Expires after" value={days} options={LIFETIMES} onChange={setDays} />
      </div>
      <ActionError error={add.error} />
      {made !== undefined && (
        <div className="notice is-good token-made">
          <div>
            <p>Copy the token now. It will not be shown again.</p>
            <Code text={made} what="the token" />
          </div>
        </div>
      )}
      <div className="form-actions">
        <button type="submit" className="button is-primary" disabled={name.trim() === '' || add.isRunning}>
          Create token
        </button>
      </div>
    </form>
  );
}

function Revoke({ token, onClose, onRevoked }: { token: Token; onClose: () => void; onRevoked: () => void }) {
  const say = useToast();
  const revoke = useAction(async () => {
    await send('DELETE', apiPath`/user/tokens/${token.token_id}`);
    say(`Token “${token.name}” revoked`);
    onClose();
    onRevoked();
  });
  return (
    <Dialog
      title={`Revoke “${token.name}”?`}
      confirmLabel="Revoke"
      isDangerous
      isRunning={revoke.isRunning}
      error={revoke.error}
      onConfirm={() => void revoke.run()}
      onClose={onClose}
    >
      <p>Programs that use this token will lose access.</p>
    </Dialog>
  );
}

function columnsOf(revoke: (token: Token) => void): Column<Token>[] {
  return [
    { key: 'name', label: 'Name', isHeader: true, render: (token) => token.name },
    { key: 'scope', label: 'Permissions', render: (token) => <Badge tone={token.scope === 'write' ? 'accent' : 'neutral'}>{token.scope}</Badge> },
    { key: 'made', label: 'Created', render: (token) => <TimeAgo at={token.created_at} /> },
    { key: 'used', label: 'Last used', render: (token) => (token.last_used_at === null ? 'never' : <TimeAgo at={token.last_used_at} />) },
    { key: 'ends', label: 'Expires', render: (token) => (token.expires_at === null ? 'never' : <TimeAgo at={token.expires_at} />) },
    {
      key: 'actions',
      label: '',
      render: (token) => (
        <div className="row-actions">
          <button type="button" className="button is-small is-danger" onClick={() => revoke(token)} aria-label={`Revoke ${token.name}`}>
            Revoke
          </button>
        </div>
      ),
    },
  ];
}
