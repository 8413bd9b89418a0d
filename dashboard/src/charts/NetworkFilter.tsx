import type { Named } from './data';
import { seriesColor } from './palette';

interface Props {
  networks: readonly (Named & { network: string })[];
  hidden: ReadonlySet<string>;
  onChange: (hidden: ReadonlySet<string>) => void;
}

/** Selects which networks are shown. */
export function NetworkFilter({ networks, hidden, onChange }: Props) {
  const toggle = (network: string) => {
    const changed = new Set(hidden);
    if (!changed.delete(network)) changed.add(network);
    onChange(changed);
  };
  return (
    <fieldset className="chips">
      <legend className="visually-hidden">Networks shown</legend>
      {networks.map(({ network, name, color }) => (
        <label key={network} className="chip">
          <input type="checkbox" checked={!hidden.has(network)} onChange={() => toggle(network)} />
          <span className="dot" style={{ background: seriesColor(color) }} />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
