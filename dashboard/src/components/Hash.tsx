/** A long hash or address, shortened, with the whole as a tooltip. */
export function Hash({ text }: { text: string }) {
  const isLong = text.length > 20;
  return (
    <span className="hash" title={text}>
      {isLong ? `${text.slice(0, 8)}…${text.slice(-8)}` : text}
    </span>
  );
}
