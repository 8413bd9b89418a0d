// Earnings over time: a chart for each coin, and its exact sum.

import { useMemo } from 'react';

import { urlOf } from '../api/client';
import type { Earnings, EarningsSeries } from '../api/types';
import { useApi } from '../api/useApi';
import { useNetworks } from '../app/networks';
import { Amount } from '../components/Amount';
import { CoinIcon } from '../components/CoinIcon';
import { Panel } from '../components/Panel';
import { EmptyState, Loadable } from '../components/states';
import { UNKNOWN } from '../format/numbers';
import { describeRange, type Range } from '../format/ranges';
import { sumSats } from '../format/sats';
import { earningsChart } from './data';
import { useNames } from './HashratePanel';
import { RangePicker, useRange } from './RangePicker';
import { TimeChart } from './TimeChart';

const REFRESH_MS = 60_000;
const EMPTY = 'No rewards in this period.';

export function EarningsPanel({ path }: { path: string }) {
  const { selected } = useNetworks();
  const [range, setRange] = useRange('earnings-range', '30d');
  const state = useApi<Earnings>(urlOf(path, { network: selected?.network, range }), { refreshMs: REFRESH_MS });

  return (
    <Panel title="Earnings" actions={<RangePicker range={range} onChange={setRange} />}>
      <Loadable state={state} rows={5}>
        {({ series }) =>
          series.length === 0 ? (
            <EmptyState title="No data">{EMPTY}</EmptyState>
          ) : (
            series.map((one) => <Coin key={one.network_id} series={one} range={range} />)
          )
        }
      </Loadable>
    </Panel>
  );
}

function Coin({ series, range }: { series: EarningsSeries; range: Range }) {
  const nameOf = useNames();
  const data = useMemo(() => earningsChart(series, nameOf(series.network)), [series, nameOf]);
  const total = sumSats(series.points.flatMap(([, sats]) => (sats === null ? [] : [sats])));

  return (
    <div className="chart-group">
      <h3>
        <CoinIcon symbol={series.symbol} size={16} /> <Amount sats={total} symbol={series.symbol} />
      </h3>
      <TimeChart
        title={`Earnings in ${series.symbol} over ${describeRange(range)}`}
        data={data}
        format={formatCoins}
        shape="bars"
        height={170}
        emptyText={EMPTY}
      />
    </div>
  );
}

/** The values of a chart are rounded; the sum above it is exact. */
function formatCoins(coins: number | null): string {
  return coins === null ? UNKNOWN : coins.toLocaleString('en-US', { maximumSignificantDigits: 6 });
}
