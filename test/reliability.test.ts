import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from './support/source-code.ts';

test('every test that docs/reliability.md names is there', () => {
  const page = readFileSync(join(repository, 'docs', 'reliability.md'), 'utf8');
  let named = 0;
  for (const [, file = '', names = ''] of page.matchAll(/`([a-z]+\/[a-z0-9-]+)` ((?:"[^"]+"(?:, )?)+)/g)) {
    const path = join(repository, 'test', `${file}.test.ts`);
    assert.ok(existsSync(path), `${file} is not there`);
    const text = readFileSync(path, 'utf8');
    for (const [, name = ''] of names.matchAll(/"([^"]+)"/g)) {
      assert.ok(text.includes(name), `${file} has no test "${name}"`);
      named++;
    }
  }
  assert.ok(named > 70, `${named} tests are named`);
});
