import assert from 'node:assert/strict';
import test from 'node:test';

import { recipesFor, stratumUrl, type Target, userName } from '../src/format/mining';

const target: Target = { host: 'pool.example', port: 3334, tls: false, algorithm: 'scrypt', user: 'ltc1qaddress.rig1', password: 'd=512,c=ltc' };

function lineOf(name: string, changes: Partial<Target> = {}): string | undefined {
  return recipesFor({ ...target, ...changes }).find((recipe) => recipe.name === name)?.lines[0]?.text;
}

test('a port without TLS', () => {
  assert.equal(lineOf('ASIC'), 'stratum+tcp://pool.example:3334');
  assert.equal(lineOf('cgminer'), 'cgminer --scrypt -o stratum+tcp://pool.example:3334 -u ltc1qaddress.rig1 -p d=512,c=ltc');
  assert.equal(lineOf('cgminer', { algorithm: 'sha256d' }), 'cgminer -o stratum+tcp://pool.example:3334 -u ltc1qaddress.rig1 -p d=512,c=ltc');
  assert.equal(lineOf('cpuminer'), 'minerd -a scrypt -o stratum+tcp://pool.example:3334 -u ltc1qaddress.rig1 -p d=512,c=ltc');
});

test('a port with TLS: each program has its own scheme, and cgminer has none', () => {
  assert.equal(lineOf('ASIC', { tls: true }), 'stratum+ssl://pool.example:3334');
  assert.match(lineOf('cpuminer', { tls: true }) ?? '', /stratum\+tcps:\/\/pool\.example:3334/);
  assert.equal(lineOf('cgminer', { tls: true }), undefined);
});

test('IPv6 hosts are in brackets', () => {
  assert.equal(stratumUrl({ ...target, host: '::1' }), 'stratum+tcp://[::1]:3334');
});

test('special characters of a shell are quoted', () => {
  assert.match(lineOf('cpuminer', { password: "it's; rm" }) ?? '', /-p 'it'\\''s; rm'$/);
});

test('a worker name consists of the payee and the rig', () => {
  assert.equal(userName('alice', 'rig1'), 'alice.rig1');
  assert.equal(userName('alice', ' '), 'alice');
});
