// The dashboard in a real browser with a real pool. test/t/web/dashboard.pl starts
// it and communicates with it.

import assert from 'node:assert/strict';

import { admin } from './admin.js';
import { ask, Browser, step } from './harness.js';
import { outage } from './outage.js';
import { owner } from './owner.js';
import { keyboard, screens } from './reach.js';
import { visitor } from './visitor.js';

const pool = await ask('pool');
const browser = await Browser.start();

await visitor(browser, pool);
await owner(browser, pool);
await admin(browser, pool);
await keyboard(browser);
await screens(browser, pool);
await outage(browser);
await step('no page requested anything from another site or logged an error', () => assert.deepEqual(browser.complaints, []));
await browser.end();
process.exit(0);
