import assert from 'node:assert/strict';
import test from 'node:test';

import { coinHue, glyphOf } from '../src/components/coinGlyph';
import { findByPrefix, moveInList } from '../src/components/listbox';
import { distinctBy } from '../src/components/usePages';

test('arrow keys stop at the ends of a list', () => {
  assert.equal(moveInList('ArrowDown', 2, 3), 2);
  assert.equal(moveInList('ArrowUp', 0, 3), 0);
  assert.equal(moveInList('End', 0, 3), 2);
  assert.equal(moveInList('Tab', 0, 3), undefined);
});

test('a letter selects the next option that starts with it, cyclically', () => {
  const texts = ['All networks', 'Bitcoin', 'Litecoin', 'Bitcoin Cash'];
  assert.equal(findByPrefix(texts, 'b', 1), 3);
  assert.equal(findByPrefix(texts, 'b', 3), 1);
  assert.equal(findByPrefix(texts, 'x', 0), undefined);
});

test('a test chain looks like its coin', () => {
  assert.equal(glyphOf('rLTC'), glyphOf('LTC'));
  assert.equal(coinHue('tBTC'), coinHue('BTC'));
  assert.equal(glyphOf('VTC'), 'VT');
  assert.equal(glyphOf('123'), '?');
});

test('rows that have moved to the next page are shown once', () => {
  assert.deepEqual(distinctBy([{ id: 3 }, { id: 2 }, { id: 2 }, { id: 1 }], (row) => row.id), [{ id: 3 }, { id: 2 }, { id: 1 }]);
});
