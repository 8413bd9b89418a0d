// For everybody: by keyboard alone, on a small screen, light and dark.

import assert from 'node:assert/strict';

import { heading, logIn, picture, see, sidewaysScroll, step, until } from './harness.js';

const PUBLIC = ['/', '/blocks', '/miners', '/connect', '/login', '/sign-up'];
const OWN = ['/user', '/user/workers', '/user/payouts', '/user/wallets', '/user/security'];
const ADMIN = ['/admin', '/admin/networks/litecoin', '/admin/add-network', '/admin/switch', '/admin/payouts', '/admin/history', '/admin/health', '/admin/audit'];

/** Whether what has the focus shows it. */
function focusIsVisible(page) {
  return page.evaluate(() => {
    const focused = document.activeElement;
    // a radio button that looks like a segment shows it on its label
    const shown = focused.matches('.segment input') ? focused.nextElementSibling : focused;
    const { outlineStyle, outlineWidth } = getComputedStyle(shown);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  });
}

export async function keyboard(browser) {
  const page = await browser.visitor();
  const pressUntil = async (key, what, isThere) => {
    for (let i = 0; i < 60; i += 1) {
      await page.keyboard.press(key);
      assert.ok(await focusIsVisible(page), `focus is seen on the way to ${what}`);
      if (await page.evaluate(isThere)) return;
    }
    throw new Error(`${what} was not reached by ${key}`);
  };

  await step('by keyboard alone: skip link, selector, menu, chart and its ranges', async () => {
    await page.goto('/?network=all');
    await see(heading(page, 'All networks'));
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'content');

    await page.goto('/?network=all');
    await see(heading(page, 'All networks'));
    await pressUntil('Tab', 'the selector', () => document.activeElement.getAttribute('role') === 'combobox');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('l');
    assert.match(await page.locator('#' + CSS_escape(await page.evaluate(() => document.activeElement.getAttribute('aria-activedescendant')))).textContent(), /Litecoin/);
    await page.keyboard.press('Enter');
    await page.waitForURL(/network=litecoin/);
    await see(heading(page, 'Litecoin'));

    await pressUntil('Tab', 'a page of the menu', () => document.activeElement.textContent === 'Blocks');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/blocks/);
    await until('the new page’s heading to have the focus', () => page.evaluate(() => document.activeElement.tagName === 'H1' && document.activeElement.textContent === 'Blocks'));

    await page.goto('/?network=litecoin');
    await see(page.locator('.plot canvas'));
    await pressUntil('Tab', 'the ranges', () => document.activeElement.value === '24h');
    const answer = page.waitForResponse((response) => response.url().includes('range=3d'));
    await page.keyboard.press('ArrowRight');
    await answer;
    await see(page.locator('.plot canvas'));
    await pressUntil('Tab', 'the chart’s table', () => document.activeElement.textContent === 'As a table');
    await page.keyboard.press('Enter');
    await see(page.locator('.chart-table table'));
  });

  await page.context().close();
}

/** As CSS.escape(), for ids that React makes. */
function CSS_escape(id) {
  return id.replace(/[^\w-]/g, (character) => `\\${character}`);
}

export async function screens(browser, pool) {
  await step('nothing is wider than a screen of 360 pixels, and no name of a field is missing', async () => {
    const page = await browser.visitor({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    await visitAll(page, [...PUBLIC, `/account/${pool.address}`], 'narrow');
    await logIn(page, 'root', pool.password);
    await visitAll(page, [...OWN, ...ADMIN], 'narrow');

    await page.goto('/?network=all');
    await page.getByRole('button', { name: 'Menu' }).click();
    await see(page.getByRole('dialog', { name: 'Menu' }));
    await picture(page, 'narrow-menu');
    await page.getByRole('dialog').getByRole('link', { name: 'Blocks' }).click();
    await see(heading(page, 'Blocks'));
    await page.context().close();
  });

  await step('dark follows the system; a choice holds over visits', async () => {
    const page = await browser.visitor({ colorScheme: 'dark' });
    const brightness = () =>
      page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3);
    await page.goto('/?network=all');
    await see(page.locator('.plot canvas'));
    assert.ok((await brightness()) < 40, 'dark as the system');
    await picture(page, 'dark-overview');
    await page.locator('.side label', { has: page.getByLabel('Light', { exact: true }) }).click();
    assert.ok((await brightness()) > 220, 'light by choice');
    await page.reload();
    await see(heading(page, 'All networks'));
    assert.ok((await brightness()) > 220, 'light after a reload');
    await page.locator('.side label', { has: page.getByLabel('Dark', { exact: true }) }).click();
    for (const [path, name] of [['/blocks', 'dark-blocks'], ['/connect?network=litecoin', 'dark-connect'], [`/account/${pool.address}`, 'dark-miner']]) {
      await page.goto(path);
      await see(page.locator('.panel'));
      await settled(page);
      await picture(page, name);
    }
    await page.context().close();
  });

  await step('who wants less motion has none', async () => {
    const page = await browser.visitor({ reducedMotion: 'reduce' });
    await page.goto('/?network=all');
    await see(heading(page, 'All networks'));
    const moving = await page.evaluate(() => [...document.querySelectorAll('*')].filter((element) => {
      const { animationName, transitionDuration } = getComputedStyle(element);
      return animationName !== 'none' || parseFloat(transitionDuration) > 0;
    }).length);
    assert.equal(moving, 0);
    await page.context().close();
  });
}

async function visitAll(page, paths, name) {
  for (const path of paths) {
    await page.goto(`${path}?network=all`);
    await see(page.locator('h1'));
    await settled(page);
    assert.equal(await sidewaysScroll(page), 0, `${path} can be scrolled sideways`);
    assert.deepEqual(await page.evaluate(unnamed), [], `${path} has fields without a name`);
    await picture(page, `${name}${path.replaceAll('/', '-').slice(0, 30)}`);
  }
}

/** Nothing is still being loaded. */
function settled(page) {
  return until(`${page.url()} to be there`, async () => (await page.locator('.skeleton').count()) === 0);
}

/** Run in the page: what can be used and says not what for. */
function unnamed() {
  return [...document.querySelectorAll('button, a, input, select')]
    .filter((element) => element.checkVisibility())
    .filter((element) => !(element.getAttribute('aria-label') || element.textContent.trim() || element.labels?.length))
    .map((element) => element.outerHTML.slice(0, 120));
}
