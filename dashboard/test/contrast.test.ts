// Text has enough contrast with its background in both themes
// (WCAG 2.1, 1.4.3: 4.5 to 1; for graphics and edges of fields, 1.4.11: 3 to 1).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

const css = readFileSync('src/styles/tokens.css', 'utf8');
const tokens = new Map([...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [name, { light, dark }]));

const TEXTS: [text: string, behind: string[]][] = [
  ['text', ['bg', 'surface', 'surface-raised', 'surface-sunken']],
  ['text-muted', ['bg', 'surface', 'surface-raised', 'surface-sunken']],
  ['accent', ['surface', 'surface-raised', 'surface-sunken']],
  ['accent-strong', ['accent-soft', 'surface-raised']],
  ['on-accent', ['accent', 'accent-strong']],
  ['good', ['surface', 'good-soft']],
  ['wait', ['surface', 'wait-soft']],
  ['bad', ['surface', 'bad-soft']],
];

const GRAPHICS = ['border-strong', 'series-0', 'series-1', 'series-2', 'series-3', 'series-4', 'series-5', 'series-6', 'series-7'];

function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string, theme: 'light' | 'dark'): number {
  const [a, b] = [one, other].map((name) => {
    const color = tokens.get(name)?.[theme];
    assert.ok(color, `tokens.css has --${name}`);
    return luminance(color);
  }) as [number, number];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

for (const theme of ['light', 'dark'] as const) {
  test(`text can be read (${theme})`, () => {
    for (const [text, behind] of TEXTS) {
      for (const surface of behind) {
        const ratio = contrast(text, surface, theme);
        assert.ok(ratio >= 4.5, `${text} on ${surface}: ${ratio.toFixed(2)}`);
      }
    }
  });

  test(`lines of charts and edges of fields can be seen (${theme})`, () => {
    for (const name of GRAPHICS) {
      const ratio = contrast(name, 'surface', theme);
      assert.ok(ratio >= 3, `${name}: ${ratio.toFixed(2)}`);
    }
  });
}
