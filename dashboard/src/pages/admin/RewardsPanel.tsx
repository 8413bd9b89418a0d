import { type FormEvent, useState } from 'react';

import { apiPath, send } from '../../api/client';
import type { AdminNetwork, RewardSetting } from '../../api/adminTypes';
import { ActionError } from '../../components/ActionError';
import { Badge } from '../../components/Badge';
import { SelectField, TextField } from '../../components/Field';
import { Panel } from '../../components/Panel';
import { EmptyState } from '../../components/states';
import { TimeAgo } from '../../components/TimeAgo';
import { useToast } from '../../components/toasts';
import { useAction } from '../../components/useAction';
import { parametersOf, SCHEMES } from './schemes';

const OPTIONS = Object.keys(SCHEMES).map((scheme) => ({ value: scheme, label: scheme.toUpperCase() }));

export function RewardsPanel({ network, onChange }: { network: AdminNetwork; onChange: () => void }) {
  const [isEditing, setIsEditing] = useState(false);
  return (
    <Panel
      title="Reward scheme"
      actions={
        !isEditing && (
          <button type="button" className="button" onClick={() => setIsEditing(true)}>
            Set scheme
          </button>
        )
      }
    >
      {network.reward_settings.length === 0 ? (
        <EmptyState title="No scheme yet">Miners are not credited until the network has a reward scheme.</EmptyState>
      ) : (
        <ul className="health">
          {network.reward_settings.map((setting) => (
            <Setting key={setting.set_at} setting={setting} />
          ))}
        </ul>
      )}
      {isEditing && <SchemeForm network={network} onClose={() => setIsEditing(false)} onSaved={onChange} />}
    </Panel>
  );
}

function Setting({ setting }: { setting: RewardSetting }) {
  const parameters = Object.entries(setting.parameters).map(([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  return (
    <li>
      <span className="health-part">
        {setting.scheme.toUpperCase()} {setting.is_pending && <Badge tone="wait">from the next block</Badge>}
      </span>
      <span className="health-message">
        {parameters.join(', ') || 'no parameters'}
        {setting.reason !== null && <span className="muted"> ({setting.reason})</span>}
      </span>
      <span className="muted">
        {setting.set_by}, <TimeAgo at={setting.set_at} />
      </span>
    </li>
  );
}

function SchemeForm({ network, onClose, onSaved }: { network: AdminNetwork; onClose: () => void; onSaved: () => void }) {
  const present = network.reward_settings[0];
  const [scheme, setScheme] = useState(present?.scheme ?? 'pplns');
  const [typed, setTyped] = useState<Record<string, string>>(() =>
    Object.fromEntries(Object.entries(present?.parameters ?? {}).map(([key, value]) => [key, String(value)])),
  );
  const [reason, setReason] = useState('');
  const say = useToast();
  const parameters = parametersOf(scheme, typed, present?.parameters ?? {});
  const save = useAction(async () => {
    await send('PUT', apiPath`/admin/networks/${network.network}/reward-scheme`, { scheme, parameters, reason: reason.trim() || null });
    say('Reward scheme set');
    onClose();
    onSaved();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (parameters !== null) void save.run();
  };
  return (
    <form className="sub-form" onSubmit={submit}>
      <div className="fields">
        <SelectField label="Scheme" value={scheme} options={OPTIONS} onChange={setScheme} />
        {(SCHEMES[scheme] ?? []).map(({ key, label, hint }) => (
          <TextField
            key={key}
            label={label}
            value={typed[key] ?? ''}
            onChange={(text) => setTyped((old) => ({ ...old, [key]: text }))}
            hint={hint}
            inputMode="decimal"
          />
        ))}
        <TextField label="Reason" value={reason} onChange={setReason} maxLength={500} />
      </div>
      {present && <p className="muted">The new scheme applies from the network’s next block on. The current round still uses the old one.</p>}
      <ActionError error={save.error} />
      <div className="form-actions">
        <button type="submit" className="button is-primary" disabled={parameters === null || save.isRunning}>
          Save scheme
        </button>
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}
