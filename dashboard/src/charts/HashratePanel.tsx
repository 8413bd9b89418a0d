// Hashrate, shares or workers over time, of one or several networks: a chart for
// each algorithm, and a filter if several networks are shown.

import { useMemo, useState } from 'react';

import { urlOf } from '../api/client';
import type { Hashrate } from '../api/types';
import { useApi } from '../api/useApi';
import { useNetworks } from '../app/networks';
import { Panel } from '../components/Panel';
import { Segmented } from '../components/Segmented';
import { EmptyState, Loadable } from '../components/states';
import { formatCount, formatHashrate } from '../format/numbers';
import { describeRange, type Range } from '../format/ranges';
import { groupByAlgorithm, hashrateChart, type Metric, type Named } from './data';
import { NetworkFilter } from './NetworkFilter';
import { RangePicker, useRange } from './RangePicker';
import { TimeChart } from './TimeChart';

const METRICS: { value: Metric; label: string }[] = [
  { value: 'hashrate', label: 'Hashrate' },
  { value: 'shares', label: 'Shares' },
  { value: 'workers', label: 'Workers' },
];

const REFRESH_MS = 30_000;

/** path is the API path that returns the hashrate. */
export function HashratePanel({ path }: { path: string }) {
  const { selected } = useNetworks();
  const [range, setRange] = useRange();
  const [metric, setMetric] = useState<Metric>('hashrate');
  const state = useApi<Hashrate>(urlOf(path, { network: selected?.network, range }), { refreshMs: REFRESH_MS });

  return (
    <Panel
      title={METRICS.find(({ value }) => value === metric)?.label ?? ''}
      actions={
        <>
          <Segmented label="Metric" options={METRICS} value={metric} onChange={setMetric} />
          <RangePicker range={range} onChange={setRange} />
        </>
      }
    >
      <Loadable state={state} rows={6}>
        {(hashrate) => <Charts hashrate={hashrate} metric={metric} range={range} />}
      </Loadable>
    </Panel>
  );
}

function Charts({ hashrate, metric, range }: { hashrate: Hashrate; metric: Metric; range: Range }) {
  const nameOf = useNames();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const groups = useMemo(
    () =>
      groupByAlgorithm(hashrate).map(([algorithm, series]) => ({
        algorithm,
        data: hashrateChart(series.filter((one) => !hidden.has(one.network)), metric, nameOf),
        isHidden: series.every((one) => hidden.has(one.network)),
      })),
    [hashrate, metric, hidden, nameOf],
  );

  if (groups.length === 0) return <EmptyState title="No data">No statistics exist for this period.</EmptyState>;
  return (
    <>
      {hashrate.series.length > 1 && (
        <NetworkFilter networks={hashrate.series.map((one) => ({ network: one.network, ...nameOf(one.network) }))} hidden={hidden} onChange={setHidden} />
      )}
      {groups
        .filter((group) => !group.isHidden)
        .map(({ algorithm, data }) => (
          <div key={algorithm} className="chart-group">
            {groups.length > 1 && <h3>{algorithm}</h3>}
            <TimeChart
              title={`${METRICS.find(({ value }) => value === metric)?.label} of ${algorithm} over ${describeRange(range)}`}
              data={data}
              format={metric === 'hashrate' ? formatHashrate : formatCount}
              height={groups.length > 1 ? 200 : 260}
              emptyText="No shares in this period."
            />
          </div>
        ))}
    </>
  );
}

/** Names and colors by network; a network has the same color in all charts. */
export function useNames(): (network: string) => Named {
  const { networks } = useNetworks();
  return useMemo(() => {
    const names = new Map((networks ?? []).map((network, color) => [network.network, { name: network.display_name, color }]));
    return (network: string) => names.get(network) ?? { name: network, color: 0 };
  }, [networks]);
}
