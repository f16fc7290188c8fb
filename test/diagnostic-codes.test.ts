import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const code = /\b(?:ZH|BN|CC|DC|EP|FE|FL|FR|PD|PO|ST|TD)\d{3}\b/g;

test('every diagnostic code is explained in docs/diagnostics.md, and none that is gone', () => {
  const used = new Set<string>();
  for (const entry of readdirSync('runtime', { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.ts')) continue;
    const text = readFileSync(join('runtime', entry), 'utf8');
    for (const [, found = ''] of text.matchAll(/'((?:[A-Z]{2})\d{3})'/g)) if (found.search(code) === 0) used.add(found);
  }
  const explained = new Set<string>();
  for (const line of readFileSync('docs/diagnostics.md', 'utf8').split('\n')) {
    const [, first = ''] = /^\| ([A-Z0-9, ]+) \|/.exec(line) ?? [];
    for (const [found] of first.matchAll(code)) explained.add(found);
  }
  assert.deepEqual([...explained].sort(), [...used].sort());
});
