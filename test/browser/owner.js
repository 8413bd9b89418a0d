// A user with an account: signing up and in, payout addresses, a payout, tokens,
// the password.

import assert from 'node:assert/strict';

import { ask, heading, logIn, picture, rowOf, see, sql, step } from './harness.js';

export async function owner(browser, pool) {
  const page = await browser.visitor();

  await step('a user signs up, after invalid input is reported', async () => {
    await page.goto('/sign-up?network=all');
    await page.getByLabel('Name', { exact: true }).fill('Dora!');
    await see(page.getByText('The first character must be a lowercase letter or a digit.'));
    await page.getByLabel('Name', { exact: true }).fill('dora');
    await page.getByLabel('Password', { exact: true }).fill('short');
    await see(page.getByText('At least 10 characters.'));
    await page.getByLabel('Password', { exact: true }).fill(pool.password);
    await page.getByLabel('Repeat password').fill(pool.password);
    await page.getByRole('button', { name: 'Sign up' }).click();
    await see(heading(page, 'Dashboard'));
    assert.equal(await sql('SELECT count(*) FROM chimera.accounts WHERE name = $$dora$$'), '1');
    await page.getByRole('button', { name: 'Log out' }).click();
    await see(page.getByRole('link', { name: 'Log in' }));
  });

  await step('a wrong password is rejected, the right one signs in', async () => {
    await page.goto('/login?network=all');
    await page.getByLabel('Name', { exact: true }).fill('alice');
    await page.getByLabel('Password', { exact: true }).fill('not the password');
    await page.getByRole('button', { name: 'Log in' }).click();
    await see(page.getByRole('alert'));
    await logIn(page, 'alice', pool.password);
  });

  await step('only its owner sees a private account', async () => {
    await page.goto('/user/workers?network=all');
    await see(rowOf(page, 'rig1').filter({ hasText: 'online' }));
    const stranger = await browser.visitor();
    await stranger.goto('/account/alice?network=all');
    await see(stranger.getByText('Miner not found'));
    await stranger.goto('/user/wallets?network=all');
    await see(heading(stranger, 'Log in'));
    await stranger.context().close();
  });

  await step('payout addresses are checked while typing, split by percentages, and saved', async () => {
    await page.goto('/user/wallets?network=litecoin');
    await page.getByRole('button', { name: 'Change payout addresses of Litecoin' }).click();
    await page.getByLabel('Address', { exact: true }).fill(`${pool.wallets[0].slice(0, -1)}!`);
    await see(page.locator('.field-message .tone-bad'));
    await page.getByLabel('Address', { exact: true }).fill(pool.wallets[0]);
    await see(page.getByText(/Valid address/));
    await page.getByRole('button', { name: 'Add address' }).click();
    await page.getByLabel('Address 2', { exact: true }).fill(pool.wallets[1]);
    await page.getByLabel('Percent').first().fill('70');
    await page.getByLabel('Percent').last().fill('20');
    await see(page.getByText('The percentages must add up to 100 %, but are 90 %.'));
    assert.ok(await page.getByRole('button', { name: 'Save' }).isDisabled());
    await page.getByLabel('Percent').last().fill('30');
    await picture(page, 'wallet-editor');
    await page.getByRole('button', { name: 'Save' }).click();
    await see(page.locator('.wallet-entries', { hasText: pool.wallets[1] }));
    const stored = await sql("SELECT string_agg(address || ' ' || percent, ',' ORDER BY percent DESC) FROM chimera.account_wallets WHERE account = 'alice' AND source = 'wallet'");
    assert.deepEqual(stored.split(',').map((text) => [text.split(' ')[0], Number(text.split(' ')[1])]), [[pool.wallets[0], 70], [pool.wallets[1], 30]]);
  });

  await step('a pending change is shown and can be cancelled', async () => {
    await sql("SELECT chimera.update_network('litecoin', '{\"wallet_change_delay\": \"2 days\"}')");
    await page.getByRole('button', { name: 'Change payout addresses of Litecoin' }).click();
    await page.getByRole('button', { name: 'Remove address 2' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await see(page.getByText('pending'));
    await page.getByRole('button', { name: 'Cancel change' }).click();
    await page.getByText('pending').waitFor({ state: 'detached' });
    await sql("SELECT chimera.update_network('litecoin', '{\"wallet_change_delay\": \"0\"}')");
  });

  await step('a payout is shown to the smallest unit', async () => {
    await ask('pay', 'alice', '1234567890');
    await page.goto('/user/payouts?network=litecoin');
    const row = rowOf(page, 'confirmed');
    await see(row.filter({ hasText: '8.64197523' }));
    await see(row.filter({ hasText: '3.70370367' }));
    await picture(page, 'payouts');
  });

  await step('the minimum payout is set', async () => {
    const field = page.getByLabel('Litecoin, in LTC');
    await field.fill('0.5');
    await page.locator('.minimum').getByRole('button', { name: 'Save' }).click();
    await see(page.getByText('Saved'));
    assert.equal(await sql("SELECT minimum_payout_sats FROM chimera.payout_minimums m JOIN chimera.accounts a USING (account_id) WHERE a.name = 'alice'"), '50000000');
  });

  await step('a token is created, works, and is revoked', async () => {
    await page.goto('/user/security?network=all');
    await page.getByLabel('Name', { exact: true }).fill('a script');
    await page.getByRole('button', { name: 'Create token' }).click();
    const token = await page.locator('.token-made code').textContent();
    const call = () => page.evaluate(async (bearer) => (await fetch('/api/v1/user/stats', { credentials: 'omit', headers: { Authorization: `Bearer ${bearer}` } })).status, token);
    assert.equal(await call(), 200);
    await picture(page, 'security');
    await page.getByRole('button', { name: 'Revoke a script' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await see(page.getByText('No tokens', { exact: true }));
    assert.equal(await call(), 401);
  });

  await step('the password is changed', async () => {
    await page.getByLabel('Current password').fill(pool.password);
    await page.getByLabel('New password', { exact: true }).fill('another password');
    await page.getByLabel('Repeat new password').fill('another password');
    await page.getByRole('button', { name: 'Change password' }).click();
    await see(page.getByText(/Password changed/));
    await page.getByRole('button', { name: 'Log out' }).click();
    await logIn(page, 'alice', 'another password');
  });

  await step('only admins see the administration', async () => {
    await page.goto('/admin?network=all');
    await see(page.getByText('Admins only'));
  });

  await step('balances and earnings are shown', async () => {
    await page.goto('/user?network=litecoin');
    await see(rowOf(page, '12.34567890'));
    await picture(page, 'user');
  });

  await page.context().close();
}
