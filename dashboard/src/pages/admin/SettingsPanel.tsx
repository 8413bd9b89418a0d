// A form with a network's settings, which sends only those that were changed.

import { type FormEvent, useMemo, useState } from 'react';

import { apiPath, send } from '../../api/client';
import type { AdminNetwork, SettingValue } from '../../api/adminTypes';
import { Panel } from '../../components/Panel';
import { countOf } from '../../format/numbers';
import { ReasonDialog } from './ReasonDialog';
import { SettingFields } from './SettingFields';
import { changesOf, SETTINGS, toInput } from './settings';

export function SettingsPanel({ network, onSaved }: { network: AdminNetwork; onSaved: () => void }) {
  const former = useMemo(() => textsOf(network), [network]);
  const [edits, setEdits] = useState<Record<string, string>>({});
  const [isAsked, setIsAsked] = useState(false);
  const typed = { ...former, ...edits };
  const { changes, problems } = changesOf(former, typed);
  const changed = Object.keys(changes);
  const isWrong = Object.keys(problems).length > 0;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (changed.length > 0 && !isWrong) setIsAsked(true);
  };
  return (
    <Panel title="Settings" note="An empty field means no value. Changes take effect immediately; miners stay connected.">
      <form onSubmit={submit}>
        <SettingFields typed={typed} problems={problems} onChange={(key, text) => setEdits((old) => ({ ...old, [key]: text }))} />
        <div className={changed.length > 0 ? 'form-actions is-sticky' : 'form-actions'}>
          <button type="submit" className="button is-primary" disabled={changed.length === 0 || isWrong}>
            Save {changed.length > 0 ? countOf(changed.length, 'change') : ''}
          </button>
          <button type="button" className="button" onClick={() => setEdits({})} disabled={changed.length === 0 && !isWrong}>
            Discard
          </button>
        </div>
      </form>
      {isAsked && (
        <ReasonDialog
          title={`Change ${network.display_name}?`}
          confirmLabel="Save"
          act={(reason) => send('PATCH', apiPath`/admin/networks/${network.network}`, { changes, reason })}
          doneText="Saved"
          onClose={() => setIsAsked(false)}
          onDone={() => {
            setEdits({});
            onSaved();
          }}
        >
          <ul className="plain-list">
            {SETTINGS.filter(({ key }) => changed.includes(key)).map(({ key, label }) => (
              <li key={key}>
                {label}: <span className="muted">{former[key] || 'none'}</span> → <strong>{typed[key] || 'none'}</strong>
              </li>
            ))}
          </ul>
        </ReasonDialog>
      )}
    </Panel>
  );
}

function textsOf(network: AdminNetwork): Record<string, string> {
  const values = network as unknown as Record<string, SettingValue>;
  return Object.fromEntries(SETTINGS.map((setting) => [setting.key, toInput(setting, values[setting.key])]));
}
