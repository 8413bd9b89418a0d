import type { HealthPart } from '../../api/adminTypes';
import { Badge } from '../../components/Badge';
import { Panel } from '../../components/Panel';
import { TimeAgo } from '../../components/TimeAgo';
import { UNKNOWN } from '../../format/numbers';

/** The health of each part of a network. */
export function HealthParts({ parts }: { parts: readonly HealthPart[] }) {
  return (
    <Panel title="Health">
      <ul className="health">
        {parts.map((part) => (
          <li key={part.part}>
            <span className="health-part">
              <Badge tone={part.ok ? 'good' : 'bad'}>{part.ok ? 'good' : 'bad'}</Badge> {part.part}
            </span>
            <span className="health-message">{part.message ?? UNKNOWN}</span>
            <span className="muted">
              {part.ok ? <TimeAgo at={part.last_success} /> : <>since <TimeAgo at={part.since} /></>}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
