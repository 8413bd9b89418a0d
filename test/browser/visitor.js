// A visitor without an account: overview, selector, blocks, charts, a miner's
// page, how to connect.

import assert from 'node:assert/strict';

import { ask, heading, picture, rowOf, see, segment, sql, step, until } from './harness.js';

export async function visitor(browser, pool) {
  const page = await browser.visitor();

  await step('the overview shows all networks, grouped by algorithm', async () => {
    await page.goto('/');
    await see(heading(page, 'All networks'));
    for (const name of ['Litecoin', 'Rivalcoin', 'Bitcoin']) await see(rowOf(page, name));
    await see(page.getByText('Hashrate, scrypt'));
    await see(page.getByText('Hashrate, sha256d'));
    await page.waitForURL(/network=all/);
  });

  await step('the selector shows name and symbol; the selection is in the URL and is remembered', async () => {
    await page.getByRole('combobox', { name: /^Network/ }).click();
    const option = page.getByRole('option', { name: /Litecoin/ });
    assert.match(await option.textContent(), /LTC/);
    assert.equal(await option.locator('svg, img').count(), 1, 'an icon');
    await option.click();
    await page.waitForURL(/network=litecoin/);
    await see(heading(page, 'Litecoin'));

    await page.goto('/blocks');
    await page.waitForURL(/blocks\?network=litecoin/);
    await page.goto('/?network=bitcoin');
    await see(heading(page, 'Bitcoin'));
    await page.goto('/blocks');
    await page.waitForURL(/network=litecoin/);
  });

  await step('a block appears when it is mined, and is confirmed', async () => {
    await page.goto('/blocks?network=bitcoin');
    await see(page.getByText('No blocks yet'));
    await see(page.getByText('Live', { exact: true }));
    await page.evaluate(() => (window.isSamePage = true));
    await ask('mine', 'bitcoin', 'sha256d', 'bob.asic');
    const height = await sql('SELECT min(height) FROM chimera.blocks JOIN chimera.network_configs USING (network_id) WHERE name = $$bitcoin$$');
    await see(rowOf(page, Number(height).toLocaleString('en-US')).filter({ hasText: 'confirmed' }));
    await see(rowOf(page, 'bob'));
    assert.ok(await page.evaluate(() => window.isSamePage), 'without loading the page again');
    await picture(page, 'blocks');
  });

  await step('a block links to its explorer', async () => {
    await page.goto('/blocks?network=litecoin');
    const link = page.locator('tbody a.external').first();
    await see(link);
    const hash = await sql('SELECT string_agg(encode(hash, $$hex$$), $$ $$) FROM chimera.blocks');
    const [, shown] = /^https:\/\/explorer\.example\/([0-9a-f]{64})$/.exec(await link.getAttribute('href')) ?? [];
    assert.ok(shown && hash.split(' ').some((one) => one === shown || Buffer.from(one, 'hex').reverse().toString('hex') === shown));
  });

  await step('the overview of a network shows statistics, which update by themselves', async () => {
    await page.goto('/?network=litecoin');
    await see(page.getByText('Pool hashrate'));
    const shares = page.locator('.stat', { hasText: 'Shares in 24 h' }).locator('.stat-value');
    await until('shares to be counted', async () => /[1-9]/.test(await shares.textContent()));
    const before = await shares.textContent();
    await until('the count of shares to grow', async () => (await shares.textContent()) !== before);
    await see(page.locator('.stat', { hasText: 'Reward scheme' }).getByText('PROP'));
  });

  await step('a chart is drawn, and described in words and as a table', async () => {
    await page.goto('/?network=litecoin');
    await see(page.locator('.plot canvas'));
    await segment(page, '1h').click();
    const figure = page.locator('figure.chart').first();
    await until('the figures of the minute', async () => /Litecoin: .* at the end/.test(await figure.textContent()));
    await figure.getByText('Show as table').click();
    await until('a row with a hashrate', async () => /[1-9]\S* k?H\/s/.test((await figure.locator('tbody').textContent()) ?? ''));
  });

  await step('every range and every metric can be shown', async () => {
    for (const metric of ['Shares', 'Workers', 'Hashrate']) await segment(page, metric).click();
    for (const range of ['6h', '12h', '24h', '3d', '7d', '30d', '90d', 'all']) {
      const answer = page.waitForResponse((response) => response.url().includes(`range=${range}`));
      await segment(page, range).click();
      assert.equal((await answer).status(), 200, range);
      await see(page.locator('.plot canvas'));
    }
    await picture(page, 'overview-network');
  });

  await step('networks are compared and can be hidden', async () => {
    await page.goto('/?network=all');
    await see(page.locator('.chart-group', { hasText: 'scrypt' }).locator('canvas'));
    assert.equal(await page.locator('.chart-group').count(), 2, 'a chart for each algorithm');
    await page.getByLabel('Bitcoin').uncheck();
    await until('the chart to go', async () => (await page.locator('.chart-group').count()) === 1);
    await page.getByLabel('Bitcoin').check();
    await picture(page, 'overview-all');
  });

  await step('the search finds an address', async () => {
    await page.getByRole('searchbox').fill(`${pool.address}.rig1`);
    await page.keyboard.press('Enter');
    await see(heading(page, 'Miner'));
    await see(page.getByText(pool.address));
    await see(rowOf(page, 'rig1').filter({ hasText: 'online' }));
    await picture(page, 'miner');
    await page.goto('/account/nobody-here?network=all');
    await see(page.getByText('Miner not found'));
  });

  await step('the top miners are listed', async () => {
    // the accountant recounts a day every 24 minutes
    await sql("SELECT chimera.refresh_standings(chimera.network_id('litecoin'), '24h')");
    await page.goto('/miners?network=litecoin');
    await see(page.getByRole('link', { name: pool.address.slice(0, 8) }));
    await picture(page, 'miners');
  });

  await step('the connect page shows the open ports, and checks an address while typing', async () => {
    await page.goto('/connect?network=litecoin');
    await see(page.getByText(`stratum+tcp://127.0.0.1:${pool.ports.litecoin}`).first());
    await see(page.getByText(`stratum+tcp://127.0.0.1:${pool.ports.scrypt}`).first());
    const field = page.getByLabel('Your LTC address');
    await field.fill('not-an-address');
    await see(page.locator('.field-message .tone-bad'));
    await field.fill(pool.address);
    await see(page.getByText(/Valid address/));
    await page.locator('.port', { hasText: String(pool.ports.litecoin) }).click();
    await segment(page, 'cpuminer').click();
    await see(page.getByText(`minerd -a scrypt -o stratum+tcp://127.0.0.1:${pool.ports.litecoin} -u ${pool.address}.rig1 -p x`));
    await picture(page, 'connect');
  });

  await page.context().close();
}
