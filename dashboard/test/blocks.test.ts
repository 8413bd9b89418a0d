import assert from 'node:assert/strict';
import test from 'node:test';

import type { Block } from '../src/api/types';
import { luckOf, mergeBlock } from '../src/pages/blocks';

function block(block_id: string, effort: number | null, status = 'confirmed'): Block {
  return {
    block_id,
    network_id: 'n',
    network: 'litecoin',
    symbol: 'LTC',
    height: 1,
    hash: '00',
    status,
    found_at: '2026-03-01T12:00:00+00:00',
    confirmations: 1,
    confirmations_needed: 100,
    reward_sats: null,
    network_difficulty: null,
    effort,
    finder: null,
    explorer_url: null,
  };
}

test('a new block comes first, whatever the length of its number', () => {
  const list = [block('9', 1)];
  assert.deepEqual(mergeBlock(list, block('10', 1)).map((one) => one.block_id), ['10', '9']);
});

test('a known block is updated in place', () => {
  const list = [block('3', 1), block('2', 1, 'accepted'), block('1', 1)];
  assert.deepEqual(mergeBlock(list, block('2', 1)).map((one) => [one.block_id, one.status]), [
    ['3', 'confirmed'],
    ['2', 'confirmed'],
    ['1', 'confirmed'],
  ]);
});

test('luck is the number of blocks divided by the expected one, for blocks of known effort', () => {
  assert.deepEqual(luckOf([block('1', 0.5), block('2', 1.5, 'orphaned'), block('3', null)]), { counted: 2, luck: 1, effort: 1, orphaned: 1 / 3 });
  assert.deepEqual(luckOf([]), { counted: 0, luck: null, effort: null, orphaned: null });
});
