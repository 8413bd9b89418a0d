// Adds a network, from a preset or with all its settings.

import { type FormEvent, type ReactNode, useState } from 'react';

import { send, urlOf } from '../../api/client';
import type { Preset } from '../../api/adminTypes';
import { useApi } from '../../api/useApi';
import { navigate } from '../../app/location';
import { useNetworks } from '../../app/networks';
import { ActionError } from '../../components/ActionError';
import { SelectField, TextField } from '../../components/Field';
import { Page } from '../../components/Page';
import { Panel } from '../../components/Panel';
import { Loadable } from '../../components/states';
import { useToast } from '../../components/toasts';
import { useAction } from '../../components/useAction';
import { loginOf, NO_LOGIN, NodeLogin } from './NodeLogin';
import { SettingFields } from './SettingFields';
import { changesOf } from './settings';

const OWN = '';

export function AddNetworkPage() {
  const state = useApi<{ items: Preset[] }>(urlOf('/admin/presets'));
  return (
    <Page title="Add a network" lead="The network is added disabled. Test it, then enable it.">
      <Loadable state={state} rows={6}>
        {({ items }) => <Form presets={items} />}
      </Loadable>
    </Page>
  );
}

function Form({ presets }: { presets: readonly Preset[] }) {
  const { hrefTo } = useNetworks();
  const [preset, setPreset] = useState(presets[0]?.name ?? OWN);
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [login, setLogin] = useState(NO_LOGIN);
  const [typed, setTyped] = useState<Record<string, string>>({});
  const say = useToast();

  const chosen = presets.find((one) => one.name === preset);
  const { changes, problems } = changesOf({}, typed);
  const finalName = name.trim() || preset;
  const add = useAction(async () => {
    const first = { rpc_url: url.trim(), ...loginOf(login), ...(name.trim() !== '' && { name: name.trim() }), ...(preset !== OWN && { preset }) };
    await send('POST', '/admin/networks', { ...changes, ...first });
    say(`Network ${finalName} added`);
    navigate(hrefTo({ page: 'admin-network', network: finalName }));
  });
  const isIncomplete = url.trim() === '' || finalName === '' || !typed['pool_address'] || Object.keys(problems).length > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isIncomplete) void add.run();
  };
  const change = (key: string, text: string) => setTyped((old) => ({ ...old, [key]: text }));

  return (
    <form className="stack" onSubmit={submit}>
      <Coin
        presets={presets}
        preset={preset}
        onPreset={setPreset}
        name={name}
        onName={setName}
        address={typed['pool_address'] ?? ''}
        onAddress={(text) => change('pool_address', text)}
      />
      <Panel title="First node">
        <div className="fields">
          <TextField
            className="is-wide"
            label="RPC URL"
            value={url}
            onChange={setUrl}
            placeholder={`http://127.0.0.1:${chosen?.rpc_port ?? 'PORT'}`}
            spellCheck={false}
            autoComplete="off"
          />
        </div>
        <NodeLogin login={login} onChange={setLogin} />
      </Panel>
      <Settings isOwn={preset === OWN}>
        <SettingFields typed={typed} problems={problems} onChange={change} without={['pool_address']} />
      </Settings>
      <ActionError error={add.error} />
      <div className="form-actions">
        <button type="submit" className="button is-primary" disabled={isIncomplete || add.isRunning}>
          {add.isRunning ? 'Adding…' : 'Add network'}
        </button>
      </div>
    </form>
  );
}

interface CoinProps {
  presets: readonly Preset[];
  preset: string;
  onPreset: (preset: string) => void;
  name: string;
  onName: (name: string) => void;
  address: string;
  onAddress: (address: string) => void;
}

function Coin({ presets, preset, onPreset, name, onName, address, onAddress }: CoinProps) {
  const chosen = presets.find((one) => one.name === preset);
  return (
    <Panel title="Coin">
      <div className="fields">
        <SelectField
          label="Preset"
          value={preset}
          options={[...presets.map(optionOf), { value: OWN, label: 'Another coin (enter all settings)' }]}
          onChange={onPreset}
          hint={chosen && `${chosen.symbol}, ${chosen.algorithm}`}
        />
        <TextField
          label="Short name"
          value={name}
          onChange={onName}
          placeholder={preset}
          hint="Lowercase letters, digits and _; cannot be changed later"
          spellCheck={false}
          autoComplete="off"
        />
        <TextField
          className="is-wide"
          label="Pool address"
          value={address}
          onChange={onAddress}
          hint="Address that receives the block rewards"
          spellCheck={false}
          autoComplete="off"
        />
      </div>
    </Panel>
  );
}

/** A preset has most settings, so they are collapsed. */
function Settings({ isOwn, children }: { isOwn: boolean; children: ReactNode }) {
  if (isOwn) return <Panel title="Settings" note="Symbol, algorithm and genesis hash are required; the others have defaults.">{children}</Panel>;
  return (
    <Panel title="Settings">
      <details>
        <summary>Override settings of the preset</summary>
        {children}
      </details>
    </Panel>
  );
}

function optionOf(preset: Preset) {
  return { value: preset.name, label: preset.display_name };
}
