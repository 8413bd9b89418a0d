import assert from 'node:assert/strict';
import test from 'node:test';

import type { Hashrate, HashrateSeries } from '../src/api/types';
import { describeChart, groupByAlgorithm, hasFigures, hashrateChart, lonelyPoints } from '../src/charts/data';
import { timeLabels } from '../src/charts/timeAxis';

function series(network: string, algorithm: string, points: HashrateSeries['points']): HashrateSeries {
  return { network_id: network, network, algorithm, points };
}

const name = (network: string) => ({ name: network.toUpperCase(), color: 1 });

test('each algorithm has its own chart', () => {
  const hashrate: Hashrate = {
    range: '1h',
    step_s: 60,
    series: [series('ltc', 'scrypt', []), series('btc', 'sha256d', []), series('doge', 'scrypt', [])],
  };
  const groups = groupByAlgorithm(hashrate).map(([algorithm, members]) => [algorithm, members.map((one) => one.network)]);
  assert.deepEqual(groups, [
    ['scrypt', ['ltc', 'doge']],
    ['sha256d', ['btc']],
  ]);
});

test('networks of different age have common times, with gaps', () => {
  const data = hashrateChart(
    [series('ltc', 'scrypt', [[0, 5, 1, 0, 2], [60, 7, 2, 1, 3]]), series('doge', 'scrypt', [[60, 9, 3, 0, null]])],
    'hashrate',
    name,
  );
  assert.deepEqual(data.times, [0, 60]);
  assert.deepEqual(data.series.map((one) => one.values), [[5, 7], [null, 9]]);
});

test('shares are two lines, workers one', () => {
  const ltc = [series('ltc', 'scrypt', [[0, 5, 4, 1, null]])];
  const shares = hashrateChart(ltc, 'shares', name);
  assert.deepEqual(shares.series.map((one) => [one.label, one.values]), [['LTC accepted', [4]], ['LTC rejected', [1]]]);
  assert.deepEqual(hashrateChart(ltc, 'workers', name).series[0]?.values, [null]);
});

test('a chart is described in words, without unknown values', () => {
  const data = hashrateChart([series('ltc', 'scrypt', [[0, 2, 0, 0, 0], [1, null, 0, 0, 0], [2, 4, 0, 0, 0]])], 'hashrate', name);
  assert.equal(describeChart(data, String), 'LTC: 4 at the end, 3 on average, from 2 to 4.');
});

test('a chart of zeros and gaps is empty', () => {
  assert.ok(!hasFigures(hashrateChart([series('ltc', 'scrypt', [[0, 0, 0, 0, null], [1, null, 0, 0, 0]])], 'hashrate', name)));
  assert.ok(hasFigures(hashrateChart([series('ltc', 'scrypt', [[0, 1, 0, 0, 0]])], 'hashrate', name)));
});

test('the time axis shows hours, and the date at midnight', () => {
  const at = (hour: number) => new Date(2026, 2, 1, hour).getTime() / 1000;
  assert.deepEqual(timeLabels([at(22), at(23), at(24), at(25)], 'en-GB'), ['22:00', '23:00', '2 Mar', '01:00']);
  assert.deepEqual(timeLabels([at(0), at(48)], 'en-GB'), ['1 Mar', '3 Mar']);
  assert.deepEqual(timeLabels([at(0), at(31 * 24)], 'en-GB'), ['Mar 2026', 'Apr 2026']);
});

test('a point between gaps is drawn as a dot', () => {
  assert.deepEqual(lonelyPoints([1, null, 2, 3, null, 0]), [0, 5]);
  assert.deepEqual(lonelyPoints([null, null]), []);
});
