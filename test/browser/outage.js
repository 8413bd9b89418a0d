// Pages while the database is unavailable, and their recovery.

import { ask, heading, picture, rowOf, see, step, until } from './harness.js';

export async function outage(browser) {
  const page = await browser.visitor();

  await step('while the database is down a page says so, and recovers when it is back', async () => {
    await page.goto('/blocks?network=litecoin');
    await see(heading(page, 'Blocks'));
    await ask('stop_database');
    await page.goto('/miners?network=litecoin');
    await see(page.getByText('The pool is unavailable'));
    await picture(page, 'outage');
    await ask('start_database');
    const retry = page.locator('.panel').getByRole('button', { name: 'Try again' });
    await until('the pool to answer again', async () => {
      await retry.click({ timeout: 1_000 }).catch(() => undefined);
      return rowOf(page, 'rltc1').first().isVisible();
    });
  });

  await page.context().close();
}
