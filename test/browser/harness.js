// Helpers of the browser tests: steps, which are reported to test/t/web/dashboard.pl,
// actions that it does for them (mining, paying, stopping the database), and pages
// that are monitored for errors.

import { mkdirSync } from 'node:fs';
import readline from 'node:readline';

import { chromium } from 'playwright-core';

const { DASHBOARD_URL: base, DASHBOARD_SCREENSHOTS: screenshots } = process.env;
const PATIENCE_MS = 120_000;

/** Messages of the browser about responses that tests cause. */
const EXPECTED_LOG = /Failed to load resource: the server responded with a status of (400|401|403|404|409|503)|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION/;

// ---------- communication with the Perl script, by lines ----------

const replies = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();

function tell(what, ...fields) {
  process.stdout.write(`${JSON.stringify([what, ...fields])}\n`);
}

/** Requests an action and returns its result. */
export async function ask(command, ...args) {
  tell('do', command, ...args);
  const [isDone, result] = JSON.parse((await replies.next()).value);
  if (!isDone) throw new Error(`${command}: ${result}`);
  return result;
}

export const sql = (query) => ask('sql', query);

// ---------- steps ----------

let lastPage;
let failures = 0;

/** Runs a test; a failure takes a screenshot and does not end the run. */
export async function step(name, prove) {
  try {
    await prove();
    tell('ok', name);
  } catch (error) {
    failures += 1;
    tell('not ok', name, String(error.stack ?? error));
    await lastPage?.screenshot({ path: `${screenshots}/failure-${failures}.png`, fullPage: true }).catch(() => undefined);
  }
}

/** Waits for a condition that no locator can express. */
export async function until(what, isTrue) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

// ---------- the browser ----------

export class Browser {
  static async start() {
    const browser = new Browser();
    mkdirSync(screenshots, { recursive: true });
    browser.chromium = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
    browser.complaints = [];
    return browser;
  }

  /** A page of a new visitor; options are those of a browser context. */
  async visitor(options = {}) {
    const context = await this.chromium.newContext({ viewport: { width: 1440, height: 900 }, baseURL: base, locale: 'en-GB', ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    this.watch(page);
    lastPage = page;
    return page;
  }

  watch(page) {
    page.on('pageerror', (error) => this.complaints.push(`${page.url()}: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED_LOG.test(message.text())) this.complaints.push(`${page.url()}: ${message.text()}`);
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(`${base}/`)) this.complaints.push(`${page.url()} asks ${request.url()}`);
    });
  }

  async end() {
    await this.chromium.close();
  }
}

// ---------- pages ----------

export async function picture(page, name) {
  await page.screenshot({ path: `${screenshots}/${name}.png`, fullPage: true });
}

export const see = (locator) => locator.first().waitFor({ state: 'visible' });
export const heading = (page, name) => page.getByRole('heading', { level: 1, name });
export const segment = (page, text) => page.locator('.segment', { hasText: new RegExp(`^${text}$`) }).first();
export const rowOf = (page, text) => page.getByRole('row').filter({ hasText: text });

export async function logIn(page, name, password) {
  await page.goto('/login');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await see(page.getByRole('button', { name: 'Log out' }));
}

/** How far the page can be scrolled sideways, in pixels. */
export function sidewaysScroll(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
