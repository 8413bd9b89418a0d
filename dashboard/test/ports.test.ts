import assert from 'node:assert/strict';
import test from 'node:test';

import { passwordFor, preferredPort } from '../src/format/ports';
import type { Listener } from '../src/api/types';

const other: Listener = {
  host: null, port: 3333, tls: false, start_difficulty: 1, min_difficulty: 1, max_difficulty: 9, is_own: false, is_serving_now: false,
};
const serving = { ...other, port: 3334, is_serving_now: true };
const own = { ...other, port: 3335, is_own: true };

test('the port that mines the coin is chosen', () => {
  assert.equal(preferredPort([other, serving, own]), 2);
  assert.equal(preferredPort([other, serving]), 1);
  assert.equal(preferredPort([other, own, { ...own, is_serving_now: true }]), 2);
  assert.equal(preferredPort([other]), 0);
});

test('on other ports the password names the coin', () => {
  assert.equal(passwordFor(other, 'feather', 'x'), 'c=feather');
  assert.equal(passwordFor(other, 'feather', ''), 'c=feather');
  assert.equal(passwordFor(other, 'feather', 'd=512'), 'd=512,c=feather');
  assert.equal(passwordFor(other, 'feather', 'c=ltc'), 'c=ltc');
  assert.equal(passwordFor(serving, 'feather', 'x'), 'x');
  assert.equal(passwordFor(own, 'feather', 'd=512'), 'd=512');
});
