import { useNetwork } from '../app/networks';
import { CoinIcon } from './CoinIcon';

/** A network's icon and name, for tables. */
export function NetworkName({ network, symbol }: { network: string; symbol?: string | null }) {
  const known = useNetwork(network);
  const shown = symbol ?? known?.symbol ?? network;
  return (
    <span className="network-name" title={known?.display_name ?? network}>
      <CoinIcon symbol={shown} icon={known?.icon} size={18} />
      {known?.display_name ?? network}
    </span>
  );
}
