import assert from 'node:assert/strict';
import test from 'node:test';

import { ApiError, get } from '../src/api/client';
import { failedIcons, isOwnPicture } from '../src/components/coinGlyph';
import { owedNetworks } from '../src/pages/wallets';

test('an error has a message and a separate hint', async () => {
  const before = globalThis.fetch;
  globalThis.fetch = () =>
    Promise.resolve(new Response('{"status":400,"title":"Bad Request","detail":"reason must not be empty","hint":"Say why.","code":"22023"}', { status: 400 }));
  try {
    await assert.rejects(get('/x'), (error) => error instanceof ApiError && error.message === 'reason must not be empty' && error.hint === 'Say why.');
  } finally {
    globalThis.fetch = before;
  }
});

test('an icon that failed is not requested again', () => {
  assert.equal(isOwnPicture('/coins/x.svg'), true);
  assert.equal(isOwnPicture('//elsewhere.example/x.svg'), false);
  assert.equal(isOwnPicture('https://elsewhere.example/x.svg'), false);
  assert.equal(isOwnPicture(null), false);
  failedIcons.add('/coins/x.svg');
  assert.equal(isOwnPicture('/coins/x.svg'), false);
});

test('networks that are no longer listed have wallets while they owe something', () => {
  const balance = (network: string, available_sats: string, pending_sats = '0') => ({
    network_id: network, network, symbol: network.toUpperCase(), pending_sats, available_sats, sending_sats: '0', paid_sats: '5',
    minimum_payout_sats: null, estimated_round_sats: null, estimated_sats_per_day: null,
  });
  const owed = owedNetworks([balance('ltc', '1'), balance('ftc', '1056'), balance('dgl', '0'), balance('vtc', '0', '7')], ['ltc']);
  assert.deepEqual(owed.map((one) => one.network), ['ftc', 'vtc']);
  assert.equal(owed[0]?.display_name, 'FTC (archived)');
});
