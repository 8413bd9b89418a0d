import assert from 'node:assert/strict';
import test from 'node:test';

import type { Change } from '../src/api/adminTypes';
import { actionsOf } from '../src/pages/admin/batches';
import { describeChanges, undoableSwitch } from '../src/pages/admin/history';
import { parametersOf } from '../src/pages/admin/schemes';
import { changesOf, fromInput, SETTINGS, toInput } from '../src/pages/admin/settings';

function setting(key: string) {
  const found = SETTINGS.find((one) => one.key === key);
  assert.ok(found, key);
  return found;
}

test('converting a setting to text and back does not change it', () => {
  for (const [key, value] of [
    ['symbol', 'LTC'],
    ['p2pkh_version', 48],
    ['min_difficulty', 0.0001],
    ['template_rules', ['segwit', 'mweb']],
    ['minimum_payout_sats', '9007199254740993'],
    ['version_mask', 0x1fffe000],
    ['payout_interval', null],
  ] as const) {
    const typed = toInput(setting(key), value === null || !Array.isArray(value) ? (value as string | number | null) : [...value]);
    assert.deepEqual(fromInput(setting(key), typed), { value }, key);
  }
});

test('only changed settings are sent, and invalid ones are reported', () => {
  const former = { symbol: 'LTC', confirmations_needed: '100', dust_sats: '0.0000546' };
  assert.deepEqual(changesOf(former, { ...former, symbol: 'tLTC', confirmations_needed: 'many', dust_sats: '' }), {
    changes: { symbol: 'tLTC', dust_sats: null },
    problems: { confirmations_needed: 'Enter a whole number.' },
  });
  assert.deepEqual(changesOf(former, former), { changes: {}, problems: {} });
});

test('only the parameters of the scheme are sent', () => {
  assert.deepEqual(parametersOf('pplns', { fee_percent: '1.5', window: '2', score_constant_s: '5' }, { account_fees: { 7: 0 } }), {
    fee_percent: 1.5,
    window: 2,
    account_fees: { 7: 0 },
  });
  assert.deepEqual(parametersOf('pps', { fee_percent: '1' }, {}), { fee_percent: 1 }, 'the subsidy comes from the templates');
  assert.equal(parametersOf('prop', { fee_percent: 'x' }, {}), null);
});

test('a batch can be held until it is sent, and cancelled until it is signed', () => {
  assert.deepEqual(actionsOf({ state: 'prepared', held_by: null, problem: null, txid: null }), ['hold', 'cancel']);
  assert.deepEqual(actionsOf({ state: 'prepared', held_by: null, problem: 'locked', txid: null }), ['retry', 'hold', 'cancel']);
  assert.deepEqual(actionsOf({ state: 'sending', held_by: 'web:eve', problem: null, txid: 'ab' }), ['release']);
  for (const state of ['sent', 'confirmed', 'failed']) assert.deepEqual(actionsOf({ state, held_by: null, problem: null, txid: 'ab' }), []);
});

function change(switch_id: string, kind: string, undoes: string | null = null, algorithm = 'scrypt'): Change {
  return {
    switch_id,
    kind,
    undoes,
    algorithm,
    network_id: 'n',
    network: 'doge',
    at: '2026-03-01T12:00:00+00:00',
    who: 'web:eve',
    from_network: 'ltc',
    to_network: 'doge',
    reason: 'it pays more',
    changes: null,
    result: null,
  };
}

test('a rollback undoes the newest switch of its algorithm that is not undone', () => {
  const changes = [change('5', 'rollback', '4'), change('4', 'switch'), change('3', 'switch', null, 'sha256d'), change('2', 'switch')];
  assert.equal(undoableSwitch(changes, 'scrypt')?.switch_id, '2');
  assert.equal(undoableSwitch(changes, 'sha256d')?.switch_id, '3');
  assert.equal(undoableSwitch(changes, 'blake2s'), undefined);
});

test('changes are described in words', () => {
  assert.deepEqual(describeChanges({ symbol: ['LTC', 'tLTC'], icon: [null, '/a.svg'] }), ['symbol: LTC → tLTC', 'icon: none → /a.svg']);
  assert.deepEqual(describeChanges(null), []);
});
