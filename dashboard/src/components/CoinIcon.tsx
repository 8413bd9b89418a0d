// A coin's icon: the network's icon if it is a file of this site and exists,
// otherwise a disc with the coin's letters in a fixed color.

import { useState } from 'react';

import { coinHue, failedIcons, glyphOf, isOwnPicture } from './coinGlyph';

interface Props {
  symbol: string;
  icon?: string | null | undefined;
  size?: number;
}

export function CoinIcon({ symbol, icon, size = 20 }: Props) {
  const [, setHasFailed] = useState(false);
  if (isOwnPicture(icon)) {
    const giveUp = () => {
      failedIcons.add(icon);
      setHasFailed(true);
    };
    return <img className="coin-icon" src={icon} alt="" width={size} height={size} onError={giveUp} />;
  }
  const glyph = glyphOf(symbol);
  return (
    <svg className="coin-icon" viewBox="0 0 32 32" width={size} height={size} aria-hidden="true" focusable="false">
      <circle cx="16" cy="16" r="16" fill={`hsl(${coinHue(symbol)} 52% 42%)`} />
      <text x="16" y="16" dy="0.36em" textAnchor="middle" fontSize={glyph.length > 1 ? 13 : 18} fontWeight="700" fill="#fff">
        {glyph}
      </text>
    </svg>
  );
}
