import assert from 'node:assert/strict';
import test from 'node:test';

import { formatSats, parseCoins, satsToInput, sumSats } from '../src/format/sats';

test('amounts are exact beyond the range of a number', () => {
  assert.equal(formatSats('9223372036854775807'), '92,233,720,368.54775807');
  assert.equal(sumSats(['9007199254740993', '1']), '9007199254740994');
});

test('small, negative and unknown amounts', () => {
  assert.equal(formatSats('0'), '0.00000000');
  assert.equal(formatSats('1'), '0.00000001');
  assert.equal(formatSats('-123456789'), '−1.23456789');
  assert.equal(formatSats(null), '–');
});

test('typed amounts become smallest units, or null', () => {
  assert.equal(parseCoins('0.01'), '1000000');
  assert.equal(parseCoins(' 12,5 '), '1250000000');
  assert.equal(parseCoins('1.'), '100000000');
  assert.equal(parseCoins('90071992547.40993001'), '9007199254740993001');
  for (const wrong of ['', '.', '-1', '1e3', '0.000000001', '1.2.3', 'x']) assert.equal(parseCoins(wrong), null, wrong);
});

test('converting an amount to text and back does not change it', () => {
  for (const sats of ['0', '1', '100000000', '9007199254740993', '1250000000']) assert.equal(parseCoins(satsToInput(sats)), sats);
});
