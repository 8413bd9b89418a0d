import assert from 'node:assert/strict';
import test from 'node:test';

import { nameProblem, passwordProblem } from '../src/pages/credentials';
import { bodyOf, type Draft, isDuplicate, parsePercent, percentProblem, withoutDraft } from '../src/pages/wallets';

function drafts(...percents: string[]): Draft[] {
  return percents.map((percent, id) => ({ id, address: `address${id}`, percent }));
}

test('percentages are exact to two decimals', () => {
  assert.equal(parsePercent('66.67'), 6667);
  assert.equal(parsePercent('0,1'), 10);
  assert.equal(parsePercent('100'), 10000);
  for (const wrong of ['', '0', '100.01', '1.234', '-1', 'all']) assert.equal(parsePercent(wrong), null, wrong);
});

test('percentages must add up to 100, in hundredths', () => {
  assert.equal(percentProblem(drafts('66.67', '33.23', '0.1')), null);
  assert.equal(percentProblem(drafts('33.33', '33.33', '33.33')), 'The percentages must add up to 100 %, but are 99.99 %.');
  assert.equal(percentProblem(drafts('60', '50.5')), 'The percentages must add up to 100 %, but are 110.5 %.');
  assert.match(percentProblem(drafts('60', 'x')) ?? '', /number/);
});

test('an address can be listed only once', () => {
  const set = [{ id: 1, address: 'a', percent: '50' }, { id: 2, address: ' a ', percent: '50' }, { id: 3, address: '', percent: '' }];
  assert.deepEqual(set.map((draft) => isDuplicate(set, draft)), [true, true, false]);
});

test('a single remaining address gets 100 percent', () => {
  assert.deepEqual(withoutDraft(drafts('70', '30'), 0).map((draft) => draft.percent), ['100']);
  assert.deepEqual(withoutDraft(drafts('50', '30', '20'), 0).map((draft) => draft.percent), ['30', '20']);
});

test('the request has trimmed addresses and numeric percentages', () => {
  assert.deepEqual(bodyOf('litecoin', [{ id: 1, address: ' a ', percent: '66,5' }, { id: 2, address: 'b', percent: '33.5' }]), {
    network: 'litecoin',
    addresses: ['a', 'b'],
    percents: [66.5, 33.5],
  });
});

test('names and passwords are checked as the pool does', () => {
  for (const right of ['abc', 'a-b_c9', '9lives']) assert.equal(nameProblem(right), null, right);
  for (const wrong of ['', 'ab', 'Alice', '-ab', 'a b', 'a'.repeat(33)]) assert.notEqual(nameProblem(wrong), null, wrong);
  assert.equal(passwordProblem('0123456789'), null);
  assert.notEqual(passwordProblem('012345678'), null);
  assert.notEqual(passwordProblem('x'.repeat(129)), null);
});
