import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { isUnfinished } from '../../runtime/deployment/settle.ts';
import { bundleTree } from '../support/bundle-tree.ts';

/** A file name, its text, and whether more of it must be to come. */
const facts: readonly [string, string, boolean][] = [
  ['a.xml', '', true],
  ['a.xml', '<A>', true],
  ['a.xml', '<?xml version="1.0"?>\n', true],
  ['a.xml', '<A><B/>', true],
  ['a.xml', '<A><B></B>', true],
  ['a.xml', '<A b="1', true],
  ['a.xml', '<A><B></B></A>\n', false],
  ['a.xml', '<?xml version="1.0"?>\n<A b="/"/>\n', false],
  ['a.xml', '<A></A>\n<!-- the end -->\n', false],
  ['a.xml', '<A><B></A>', false],
  ['a.xml', '<a.b></a.b >', false],
  ['a.json', '[{"name": "x",', true],
  ['a.json', '[{"name": "x"}]\n', false],
  ['a.js', 'var a = {', false],
];

for (const [name, text, unfinished] of facts) {
  it(`${JSON.stringify(text)} in ${name} is ${unfinished ? 'a part' : 'taken as it is'}`, async () => {
    const file = join(await bundleTree(), name);
    await writeFile(file, text);
    assert.equal(isUnfinished(file, text.length), unfinished);
  });
}
