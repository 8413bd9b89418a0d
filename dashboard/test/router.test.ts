import assert from 'node:assert/strict';
import test from 'node:test';

import { ADMIN_TABS, hrefOf, networkOf, parsePath, pathOf, type Route, USER_TABS } from '../src/app/router';

const ROUTES: Route[] = [
  { page: 'overview' },
  { page: 'blocks' },
  { page: 'miners' },
  { page: 'connect' },
  { page: 'login' },
  { page: 'sign-up' },
  { page: 'account', account: 'bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a' },
  { page: 'admin-network', network: 'litecoin' },
  { page: 'admin-add-network' },
  ...USER_TABS.map((tab): Route => ({ page: 'user', tab })),
  ...ADMIN_TABS.map((tab): Route => ({ page: 'admin', tab })),
];

test('the URL of every page leads to that page', () => {
  for (const route of ROUTES) assert.deepEqual(parsePath(pathOf(route)), route);
});

test('other URLs are not pages', () => {
  for (const path of ['/nothing', '/blocks/1', '/account', '/account/a/b', '/user/nothing', '/admin/nothing', '/admin/networks/a/b']) {
    assert.deepEqual(parsePath(path), { page: 'not-found' }, path);
  }
});

test('an invalid escape is taken literally', () => {
  assert.deepEqual(parsePath('/account/%zz'), { page: 'account', account: '%zz' });
});

test('the URL names the network', () => {
  assert.equal(hrefOf({ page: 'blocks' }, 'litecoin'), '/blocks?network=litecoin');
  assert.equal(networkOf('?network=litecoin'), 'litecoin');
  assert.equal(networkOf('?network='), undefined);
  assert.equal(networkOf(''), undefined);
});
