// How to connect a miner, with the ports that are open.

import { useState } from 'react';

import { apiPath, urlOf } from '../api/client';
import type { Connect, Listener, Network } from '../api/types';
import { useApi } from '../api/useApi';
import { useNetworks } from '../app/networks';
import { useSession } from '../app/session';
import { Badge } from '../components/Badge';
import { CoinIcon } from '../components/CoinIcon';
import { Code } from '../components/Code';
import { TextField } from '../components/Field';
import { Page } from '../components/Page';
import { Panel } from '../components/Panel';
import { Segmented } from '../components/Segmented';
import { EmptyState, Loadable } from '../components/states';
import { useAddressCheck } from '../components/useAddressCheck';
import { withPrefix } from '../format/numbers';
import { recipesFor, stratumUrl, type Target, userName } from '../format/mining';
import { passwordFor, preferredPort } from '../format/ports';
import { PasswordOptions } from './PasswordOptions';

export function ConnectPage() {
  const { selected, networks } = useNetworks();
  return (
    <Page title="Connect" lead={selected ? `How to mine ${selected.display_name}` : 'Choose a network to mine'}>
      {selected ? <Instructions key={selected.network_id} network={selected} /> : <Choice networks={networks ?? []} />}
    </Page>
  );
}

function Choice({ networks }: { networks: readonly Network[] }) {
  const { select } = useNetworks();
  const open = networks.filter((network) => network.is_enabled);
  if (open.length === 0) return <EmptyState title="No networks yet">The pool’s operator has not enabled a network.</EmptyState>;
  return (
    <ul className="choices">
      {open.map((network) => (
        <li key={network.network_id}>
          <button type="button" className="choice" onClick={() => select(network.network)}>
            <CoinIcon symbol={network.symbol} icon={network.icon} size={32} />
            <span>
              <strong>{network.display_name}</strong>
              <span className="muted">
                {network.symbol}, {network.algorithm}
              </span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Instructions({ network }: { network: Network }) {
  const state = useApi<Connect>(urlOf(apiPath`/networks/${network.network}/connect`), { refreshOn: ['network', 'switch'] });
  return (
    <Loadable state={state} rows={6}>
      {(connect) =>
        connect.listeners.length === 0 ? (
          <EmptyState title="No open ports">The pool’s operator has not opened a port for {network.display_name}.</EmptyState>
        ) : (
          <Guide connect={connect} network={network} />
        )
      }
    </Loadable>
  );
}

function Guide({ connect, network }: { connect: Connect; network: Network }) {
  const { account } = useSession();
  const [chosen, setChosen] = useState<string>();
  const [payee, setPayee] = useState('');
  const [rig, setRig] = useState('rig1');
  const [password, setPassword] = useState('x');
  const check = useAddressCheck(payee === '' || payee === account ? null : network.network, payee);

  const listener = connect.listeners.find((one) => keyOf(one) === chosen) ?? connect.listeners[preferredPort(connect.listeners)];
  if (listener === undefined) return null;
  const target: Target = {
    host: hostOf(listener),
    port: listener.port,
    tls: listener.tls,
    algorithm: connect.algorithm,
    user: userName(payee.trim() || account || `YOUR_${connect.symbol}_ADDRESS`, rig),
    password: passwordFor(listener, connect.network, password),
  };
  return (
    <>
      <Panel title="1. Payout address" note="No account is required: mine with an address, and your earnings are sent there. If you have an account, you can use its name instead.">
        <div className="fields">
          <TextField
            className="is-wide"
            label={`Your ${connect.symbol} address`}
            value={payee}
            onChange={setPayee}
            placeholder={account ?? connect.address_example ?? undefined}
            autoComplete="off"
            spellCheck={false}
            error={check.error}
            success={check.success}
            hint={account ? `If empty, your account ${account} is used` : 'Used to fill in the settings below'}
          />
          <TextField label="Worker" value={rig} onChange={setRig} hint="Any name; use a different one for each rig" maxLength={40} spellCheck={false} />
        </div>
      </Panel>
      <Panel title="2. Port">
        <ul className="ports">
          {connect.listeners.map((one) => (
            <li key={keyOf(one)}>
              <Port
                listener={one}
                url={stratumUrl({ ...target, host: hostOf(one), port: one.port, tls: one.tls })}
                isChosen={one === listener}
                onChoose={() => setChosen(keyOf(one))}
                network={network}
              />
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title="3. Miner settings">
        <Recipes target={target} />
        {target.password !== password && (
          <p className="muted">This port serves another network now; the password selects {network.display_name}.</p>
        )}
        <PasswordOptions options={connect.password_options} password={password} onChange={setPassword} listener={listener} />
      </Panel>
    </>
  );
}

function hostOf(listener: Listener): string {
  return listener.host ?? window.location.hostname;
}

function keyOf(listener: Listener): string {
  return `${hostOf(listener)} ${listener.port}`;
}

interface PortProps {
  listener: Listener;
  url: string;
  isChosen: boolean;
  onChoose: () => void;
  network: Network;
}

function Port({ listener, url, isChosen, onChoose, network }: PortProps) {
  return (
    <label className="port">
      <input type="radio" name="port" checked={isChosen} onChange={onChoose} />
      <span className="port-text">
        <span className="port-url">{url}</span>
        <span className="muted">
          {listener.is_own
            ? `always ${network.display_name}`
            : `the active ${network.algorithm} network, ${network.is_active ? `${network.display_name} now` : 'another one now'}`}
          ; start difficulty {withPrefix(listener.start_difficulty, '')}, vardiff {withPrefix(listener.min_difficulty, '')} to{' '}
          {withPrefix(listener.max_difficulty, '')}
        </span>
      </span>
      <span className="port-badges">
        {listener.tls && <Badge tone="good">TLS</Badge>}
        {!listener.is_serving_now && <Badge tone="wait">{listener.is_own || network.is_active ? 'no jobs now' : 'serves another network'}</Badge>}
      </span>
    </label>
  );
}

function Recipes({ target }: { target: Target }) {
  const recipes = recipesFor(target);
  const [name, setName] = useState(recipes[0]?.name ?? '');
  const recipe = recipes.find((one) => one.name === name) ?? recipes[0];
  if (recipe === undefined) return null;
  return (
    <>
      <Segmented label="Kind of miner" options={recipes.map((one) => ({ value: one.name, label: one.name }))} value={recipe.name} onChange={setName} />
      <dl className="recipe">
        {recipe.lines.map((line) => (
          <div key={line.label}>
            <dt>{line.label}</dt>
            <dd>
              <Code text={line.text} what={line.label.toLowerCase()} />
            </dd>
          </div>
        ))}
      </dl>
      {recipe.note !== undefined && <p className="muted">{recipe.note}</p>}
    </>
  );
}
