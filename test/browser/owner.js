// Somebody with an account: signing up and in, wallets, a payout, tokens, the
// password.

import assert from 'node:assert/strict';

import { ask, heading, logIn, picture, rowOf, see, sql, step } from './harness.js';

export async function owner(browser, pool) {
  const page = await browser.visitor();

  await step('somebody signs up, and is told what is wrong before', async () => {
    await page.goto('/sign-up?network=all');
    await page.getByLabel('Name', { exact: true }).fill('Dora!');
    await see(page.getByText('It starts with a small letter or a digit.'));
    await page.getByLabel('Name', { exact: true }).fill('dora');
    await page.getByLabel('Password', { exact: true }).fill('short');
    await see(page.getByText('At least 10 characters.'));
    await page.getByLabel('Password', { exact: true }).fill(pool.password);
    await page.getByLabel('The password again').fill(pool.password);
    await page.getByRole('button', { name: 'Sign up' }).click();
    await see(heading(page, 'My mining'));
    assert.equal(await sql('SELECT count(*) FROM chimera.accounts WHERE name = $$dora$$'), '1');
    await page.getByRole('button', { name: 'Log out' }).click();
    await see(page.getByRole('link', { name: 'Log in' }));
  });

  await step('a wrong password is refused, the right one lets in', async () => {
    await page.goto('/login?network=all');
    await page.getByLabel('Name', { exact: true }).fill('alice');
    await page.getByLabel('Password', { exact: true }).fill('not the password');
    await page.getByRole('button', { name: 'Log in' }).click();
    await see(page.getByRole('alert'));
    await logIn(page, 'alice', pool.password);
  });

  await step('a private account is seen by its owner, and by nobody else', async () => {
    await page.goto('/user/workers?network=all');
    await see(rowOf(page, 'rig1').filter({ hasText: 'online' }));
    const stranger = await browser.visitor();
    await stranger.goto('/account/alice?network=all');
    await see(stranger.getByText('No such miner'));
    await stranger.goto('/user/wallets?network=all');
    await see(heading(stranger, 'Log in'));
    await stranger.context().close();
  });

  await step('a wallet is checked as it is typed, split by percentages, and saved', async () => {
    await page.goto('/user/wallets?network=litecoin');
    await page.getByRole('button', { name: 'Change the wallets of Litecoin' }).click();
    await page.getByLabel('Address', { exact: true }).fill(`${pool.wallets[0].slice(0, -1)}!`);
    await see(page.locator('.field-says .tone-bad'));
    await page.getByLabel('Address', { exact: true }).fill(pool.wallets[0]);
    await see(page.getByText(/A valid address/));
    await page.getByRole('button', { name: 'Add an address' }).click();
    await page.getByLabel('Address 2', { exact: true }).fill(pool.wallets[1]);
    await page.getByLabel('Percent').first().fill('70');
    await page.getByLabel('Percent').last().fill('20');
    await see(page.getByText('10 % are missing to 100 %.'));
    assert.ok(await page.getByRole('button', { name: 'Save' }).isDisabled());
    await page.getByLabel('Percent').last().fill('30');
    await picture(page, 'wallet-editor');
    await page.getByRole('button', { name: 'Save' }).click();
    await see(page.locator('.wallet-entries', { hasText: pool.wallets[1] }));
    const stored = await sql("SELECT string_agg(address || ' ' || percent, ',' ORDER BY percent DESC) FROM chimera.account_wallets WHERE account = 'alice' AND source = 'wallet'");
    assert.deepEqual(stored.split(',').map((text) => [text.split(' ')[0], Number(text.split(' ')[1])]), [[pool.wallets[0], 70], [pool.wallets[1], 30]]);
  });

  await step('a change that waits is shown, and can be cancelled', async () => {
    await sql("SELECT chimera.update_network('litecoin', '{\"wallet_change_delay\": \"2 days\"}')");
    await page.getByRole('button', { name: 'Change the wallets of Litecoin' }).click();
    await page.getByRole('button', { name: 'Remove address 2' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await see(page.getByText('waiting'));
    await page.getByRole('button', { name: 'Cancel this change' }).click();
    await page.getByText('waiting').waitFor({ state: 'detached' });
    await sql("SELECT chimera.update_network('litecoin', '{\"wallet_change_delay\": \"0\"}')");
  });

  await step('a payout is seen, to the smallest unit', async () => {
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

  await step('a token is made, works, and is revoked', async () => {
    await page.goto('/user/security?network=all');
    await page.getByLabel('What it is for').fill('a script');
    await page.getByRole('button', { name: 'Make a token' }).click();
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
    await page.getByLabel('Present password').fill(pool.password);
    await page.getByLabel('New password', { exact: true }).fill('another password');
    await page.getByLabel('The new password again').fill('another password');
    await page.getByRole('button', { name: 'Change the password' }).click();
    await see(page.getByText(/The password is changed/));
    await page.getByRole('button', { name: 'Log out' }).click();
    await logIn(page, 'alice', 'another password');
  });

  await step('administration is not for everybody', async () => {
    await page.goto('/admin?network=all');
    await see(page.getByText('For administrators only'));
  });

  await step('balances and earnings are shown', async () => {
    await page.goto('/user?network=litecoin');
    await see(rowOf(page, '12.34567890'));
    await picture(page, 'user');
  });

  await page.context().close();
}
