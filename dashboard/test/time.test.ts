import assert from 'node:assert/strict';
import test from 'node:test';

import { describeRange, isRange, RANGES } from '../src/format/ranges';
import { formatAgo, formatDuration } from '../src/format/time';

test('a duration has at most two units', () => {
  assert.equal(formatDuration(59), '59 s');
  assert.equal(formatDuration(125), '2 min 5 s');
  assert.equal(formatDuration(1500), '25 min');
  assert.equal(formatDuration(3 * 3600 + 240), '3 h 4 min');
  assert.equal(formatDuration(86_400), '1 d');
  assert.equal(formatDuration(3 * 86_400 + 5 * 3600), '3 d 5 h');
  assert.equal(formatDuration(null), '–');
  assert.equal(formatDuration(Infinity), '–');
});

test('times ago', () => {
  const now = Date.parse('2026-03-01T12:00:00+00:00');
  assert.equal(formatAgo('2026-03-01T11:59:58+00:00', now), 'just now');
  assert.equal(formatAgo('2026-03-01T11:59:00+00:00', now), '1 min ago');
  assert.equal(formatAgo('2026-02-20T12:00:00+00:00', now), '9 d ago');
  assert.equal(formatAgo('2026-03-01T12:10:00+00:00', now), 'in 10 min');
  assert.equal(formatAgo('2026-03-01T12:00:04+00:00', now), 'just now');
});

test('the ranges are the nine of the API', () => {
  assert.deepEqual([...RANGES], ['1h', '6h', '12h', '24h', '3d', '7d', '30d', '90d', 'all']);
  assert.ok(isRange('90d'));
  assert.ok(!isRange('2h'));
  assert.ok(!isRange(null));
  assert.equal(describeRange('1h'), 'the last hour');
  assert.equal(describeRange('30d'), 'the last 30 days');
  assert.equal(describeRange('all'), 'all time');
});
