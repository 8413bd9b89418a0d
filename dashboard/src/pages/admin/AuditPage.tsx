import { useState } from 'react';

import { urlOf } from '../../api/client';
import type { AuditItem } from '../../api/adminTypes';
import { useApi } from '../../api/useApi';
import { type Column, DataTable } from '../../components/DataTable';
import { Page } from '../../components/Page';
import { Panel } from '../../components/Panel';
import { EmptyState, Loadable } from '../../components/states';
import { UNKNOWN } from '../../format/numbers';

export function AuditPage() {
  const [isAsked, setIsAsked] = useState(false);
  const state = useApi<{ items: AuditItem[] }>(isAsked ? urlOf('/admin/audit') : null);
  return (
    <Page title="Audit" lead="Recounts all shares, rewards and payouts and compares them with the ledger">
      <Panel
        title="Differences"
        isFlush
        actions={
          <button type="button" className="button" onClick={() => (isAsked ? state.reload() : setIsAsked(true))} disabled={isAsked && state.isLoading}>
            {isAsked && state.isLoading ? 'Auditing…' : 'Run audit'}
          </button>
        }
      >
        {isAsked ? (
          <Loadable state={state} rows={3}>
            {({ items }) =>
              items.length === 0 ? (
                <EmptyState title="No differences found">All amounts agree to the smallest unit.</EmptyState>
              ) : (
                <DataTable caption="Differences" columns={columns} rows={items} rowKey={(item) => `${item.check_name} ${item.network} ${item.subject}`} />
              )
            }
          </Loadable>
        ) : (
          <EmptyState title="Not run yet">The audit reads the whole ledger, which takes a while on a large pool.</EmptyState>
        )}
      </Panel>
    </Page>
  );
}

const columns: readonly Column<AuditItem>[] = [
  { key: 'check', label: 'Check', isHeader: true, render: (item) => item.check_name },
  { key: 'network', label: 'Network', render: (item) => item.network ?? UNKNOWN },
  { key: 'subject', label: 'Subject', render: (item) => item.subject ?? UNKNOWN },
  { key: 'expected', label: 'Expected', isNumber: true, render: (item) => item.expected ?? UNKNOWN },
  { key: 'found', label: 'Found', isNumber: true, render: (item) => item.found ?? UNKNOWN },
];
