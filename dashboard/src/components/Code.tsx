import { CopyButton } from './CopyButton';

/** A line to copy. */
export function Code({ text, what }: { text: string; what: string }) {
  return (
    <div className="code">
      <code>{text}</code>
      <CopyButton text={text} what={what} />
    </div>
  );
}
