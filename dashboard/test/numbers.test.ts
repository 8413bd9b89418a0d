import assert from 'node:assert/strict';
import test from 'node:test';

import { formatCount, formatDifficulty, formatHashrate, formatPercent, formatRatio, shareOf } from '../src/format/numbers';

test('hashrates have a prefix that leaves one to three digits', () => {
  assert.equal(formatHashrate(0), '0 H/s');
  assert.equal(formatHashrate(999), '999 H/s');
  assert.equal(formatHashrate(999.996), '1.00 kH/s');
  assert.equal(formatHashrate(12_340_000), '12.3 MH/s');
  assert.equal(formatHashrate(6.5e20), '650 EH/s');
});

test('an unknown value is a dash, never a zero', () => {
  for (const format of [formatHashrate, formatDifficulty, formatCount, formatRatio, formatPercent]) {
    assert.equal(format(null), '–');
    assert.equal(format(undefined), '–');
  }
});

test('small difficulties keep their digits', () => {
  assert.equal(formatDifficulty(0.000244140625), '0.000244');
  assert.equal(formatDifficulty(1), '1');
  assert.equal(formatDifficulty(1.5e6), '1.50 M');
});

test('ratios are percentages', () => {
  assert.equal(formatRatio(0.873), '87.3 %');
  assert.equal(formatRatio(2.456), '246 %');
  assert.equal(formatRatio(0.00123), '0.12 %');
  assert.equal(formatRatio(0), '0 %');
  assert.equal(formatPercent(1.5), '1.5 %');
});

test('a part of nothing is unknown', () => {
  assert.equal(shareOf(1, 0), null);
  assert.equal(shareOf(1, 4), 0.25);
});
