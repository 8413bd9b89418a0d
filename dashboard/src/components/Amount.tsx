import { UNKNOWN } from '../format/numbers';
import { splitSats } from '../format/sats';

/** An exact amount; the decimals are muted so that sizes are easy to compare. */
export function Amount({ sats, symbol }: { sats: string | null | undefined; symbol?: string | null }) {
  if (sats == null) return <>{UNKNOWN}</>;
  const { sign, whole, fraction } = splitSats(sats);
  return (
    <span className="amount">
      {sign}
      {whole}
      <span className="amount-fraction">.{fraction}</span>
      {symbol != null && <span className="amount-symbol"> {symbol}</span>}
    </span>
  );
}
