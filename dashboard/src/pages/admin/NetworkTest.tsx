// Tests a network and shows the result of each check.

import { useState } from 'react';

import { apiPath, send } from '../../api/client';
import type { NetworkCheck } from '../../api/adminTypes';
import { ActionError } from '../../components/ActionError';
import { Badge } from '../../components/Badge';
import { Panel } from '../../components/Panel';
import { useAction } from '../../components/useAction';
import { UNKNOWN } from '../../format/numbers';

/** The test waits for nodes that do not respond. */
const TIMEOUT_MS = 150_000;

export function NetworkTest({ network }: { network: string }) {
  const [checks, setChecks] = useState<NetworkCheck[] | undefined>();
  const test = useAction(async () => {
    setChecks(undefined);
    const { items } = await send<{ items: NetworkCheck[] }>('POST', apiPath`/admin/networks/${network}/test`, {}, TIMEOUT_MS);
    setChecks(items);
  });

  return (
    <Panel
      title="Test"
      note="Checks that the network’s nodes provide everything that mining needs. It changes nothing."
      actions={
        <button type="button" className="button" onClick={() => void test.run()} disabled={test.isRunning}>
          {test.isRunning ? 'Testing…' : 'Run test'}
        </button>
      }
    >
      <ActionError error={test.error} />
      {checks && <Results checks={checks} />}
    </Panel>
  );
}

function Results({ checks }: { checks: readonly NetworkCheck[] }) {
  const failed = checks.filter((check) => check.ok === false).length;
  return (
    <div role="status">
      <p className={failed === 0 ? 'tone-good' : 'tone-bad'}>{failed === 0 ? 'All checks passed.' : `${failed} of ${checks.length} checks failed.`}</p>
      <ul className="health">
        {checks.map((check) => (
          <li key={`${check.node_id} ${check.check_name}`}>
            <span className="health-part">
              <Badge tone={check.ok === null ? 'neutral' : check.ok ? 'good' : 'bad'}>{check.ok === null ? 'skipped' : check.ok ? 'good' : 'bad'}</Badge>{' '}
              {check.check_name}
              {check.node_id !== null && <span className="muted"> node {check.node_id}</span>}
            </span>
            <span className="health-message">{check.message ?? UNKNOWN}</span>
            <span className="muted">{check.duration_ms === null ? '' : `${Math.round(check.duration_ms)} ms`}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
