// The admin pages: switching and rolling back, a network's
// test, settings, a new network, held and cancelled payouts, history, audit.

import assert from 'node:assert/strict';

import { ask, heading, logIn, picture, rowOf, see, sql, step, until } from './harness.js';

const active = () => sql("SELECT name FROM chimera.network_configs WHERE is_active AND algorithm = 'scrypt'");

export async function admin(browser, pool) {
  const page = await browser.visitor();
  const dialog = page.getByRole('dialog').filter({ has: page.locator('form') });

  await step('the active network is switched: the dialog shows both networks and the number of miners', async () => {
    await logIn(page, 'root', pool.password);
    await page.goto('/admin/switch?network=all');
    const panel = page.locator('.panel', { hasText: 'scrypt' });
    await see(panel.getByText('Litecoin').first());
    await until('the miners to be counted', async () => /[1-9]\d* worker/.test(await panel.textContent()));
    await page.getByRole('button', { name: 'Switch…' }).click();
    await see(dialog.getByText('Litecoin → Rivalcoin'));
    assert.match(await dialog.textContent(), /[1-9]\d* workers? mined Litecoin/);
    const confirm = dialog.getByRole('button', { name: 'Switch to Rivalcoin' });
    assert.ok(await confirm.isDisabled(), 'a reason is required');
    await dialog.getByLabel('Reason').fill('it pays more');
    await picture(page, 'switch');
    await confirm.click();
    await see(page.getByText('Rivalcoin is active now'));
    await see(page.locator('.switch-active', { hasText: 'Rivalcoin' }));
    assert.equal(await active(), 'rivalcoin');
  });

  await step('the switch is rolled back', async () => {
    await page.getByRole('button', { name: 'Roll back' }).click();
    await see(dialog.getByText('Rivalcoin → Litecoin'));
    await dialog.getByLabel('Reason').fill('it pays less');
    await dialog.getByRole('button', { name: 'Roll back to Litecoin' }).click();
    await see(page.locator('.switch-active', { hasText: 'Litecoin' }));
    assert.equal(await active(), 'litecoin');
  });

  await step('the history shows who did it and why', async () => {
    await page.goto('/admin/history?network=all');
    await see(rowOf(page, 'it pays more').filter({ hasText: 'web:root' }).filter({ hasText: 'litecoin → rivalcoin' }));
    await see(rowOf(page, 'it pays less').filter({ hasText: 'rollback' }));
    await picture(page, 'history');
  });

  await step('a network is tested, check by check', async () => {
    await page.goto('/admin/networks/litecoin?network=all');
    await page.getByRole('button', { name: 'Run test' }).click();
    await see(page.getByText('All checks passed.'));
    assert.ok((await page.locator('.panel', { hasText: 'Run test' }).locator('.health li').count()) > 3);
    await picture(page, 'network');
  });

  await step('a node is changed, and its other settings and credentials remain', async () => {
    const login = () => sql("SELECT c::text FROM chimera.network_credentials c JOIN chimera.network_nodes n USING (node_id) JOIN chimera.network_configs w USING (network_id) WHERE w.name = 'litecoin' AND n.kind = 'node'");
    const before = await login();
    const row = page.getByRole('row').filter({ has: page.getByRole('cell', { name: 'node', exact: true }) });
    await row.getByRole('button', { name: 'Edit' }).click();
    await dialog.getByLabel('Priority').fill('first');
    await see(dialog.getByText('Enter a whole number.'));
    assert.ok(await dialog.getByRole('button', { name: 'Save' }).isDisabled(), 'an invalid value cannot be sent');
    await dialog.getByLabel('Priority').fill('7');
    await dialog.getByLabel('Reason').fill('another comes first');
    await picture(page, 'node');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await see(page.getByText('Node changed'));
    await see(row.getByRole('cell', { name: '7', exact: true }));
    assert.equal(await login(), before);
  });

  await step('a single setting is changed, with its previous value shown', async () => {
    await page.getByLabel('Block confirmations').fill('many');
    await see(page.getByText('Enter a whole number.'));
    await page.getByLabel('Block confirmations').fill('90');
    await page.getByRole('button', { name: 'Save 1 change' }).click();
    await see(dialog.getByText('Block confirmations:'));
    await dialog.getByRole('button', { name: 'Save' }).click();
    await see(page.getByText('Saved', { exact: true }));
    assert.equal(await sql("SELECT confirmations_needed FROM chimera.network_configs WHERE name = 'litecoin'"), '90');
  });

  await step('a reward scheme is set', async () => {
    await page.getByRole('button', { name: 'Set scheme' }).click();
    await page.getByLabel('Scheme', { exact: true }).selectOption('pplns');
    await page.getByLabel('Fee, %').fill('0.5');
    await page.getByLabel('Window').fill('2');
    await page.getByRole('button', { name: 'Save scheme' }).click();
    await see(page.getByText('from the next block'));
  });

  await step('a network is added from a preset, rejected while a setting is invalid, and deleted', async () => {
    await page.goto('/admin/add-network?network=all');
    await page.getByLabel('Preset').selectOption('litecoin_regtest');
    await page.getByLabel('Short name').fill('spare');
    await page.getByLabel('Pool address').fill('nonsense');
    await page.getByLabel('RPC URL').fill('http://127.0.0.1:1');
    await page.getByRole('button', { name: 'Add network' }).click();
    await see(page.locator('.notice.is-bad'));
    await page.getByLabel('Pool address').fill(pool.address);
    await picture(page, 'add-network');
    await page.getByRole('button', { name: 'Add network' }).click();
    await see(heading(page, 'Litecoin regtest'));
    await see(page.getByText('disabled'));
    await page.getByRole('button', { name: 'Delete' }).click();
    await dialog.getByLabel('Reason').fill('a mistake');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await see(heading(page, 'Networks'));
    assert.equal(await sql("SELECT count(*) FROM chimera.network_configs WHERE name = 'spare'"), '0');
  });

  await step('a network is disabled and enabled', async () => {
    await page.goto('/admin/networks/rivalcoin?network=all');
    await page.getByRole('button', { name: 'Disable' }).click();
    await dialog.getByRole('button', { name: 'Disable' }).click();
    await see(page.getByRole('button', { name: 'Enable' }));
    assert.equal(await sql("SELECT is_enabled FROM chimera.network_configs WHERE name = 'rivalcoin'"), 'f');
    await page.getByRole('button', { name: 'Enable' }).click();
    await dialog.getByRole('button', { name: 'Enable' }).click();
    await see(page.getByRole('button', { name: 'Disable' }));
  });

  await step('a payout batch is held, released and cancelled', async () => {
    const batch = await ask('prepare', pool.wallets[0]);
    const button = (name) => page.getByRole('button', { name: `${name} batch ${batch}` });
    await page.goto('/admin/payouts?network=rivalcoin');
    await button('Hold').click();
    await dialog.getByLabel('Reason').fill('not yet');
    await dialog.getByRole('button', { name: 'Hold batch' }).click();
    await see(page.getByText('held by web:root'));
    await button('Release').click();
    await see(button('Hold'));
    await button('Cancel').click();
    await see(dialog.getByText('The amounts are returned to the balances.'));
    await picture(page, 'admin-payouts');
    await dialog.getByRole('button', { name: 'Cancel batch' }).click();
    await see(rowOf(page, 'Rivalcoin').filter({ hasText: 'failed' }));
    assert.equal(await sql(`SELECT state FROM chimera.payout_batches WHERE batch_id = ${batch}`), 'failed');
  });

  await step('health and the audit are shown', async () => {
    await page.goto('/admin/health?network=all');
    await see(rowOf(page, 'network litecoin'));
    await picture(page, 'health');
    await page.goto('/admin/audit?network=all');
    await page.getByRole('button', { name: 'Run audit' }).click();
    await see(page.getByText('No differences found'));
  });

  await page.context().close();
}
