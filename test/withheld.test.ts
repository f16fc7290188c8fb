import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withheld } from '../runtime/withheld.ts';

for (const [line, shown] of [
  ['{"consumerKey":"k","consumerSecret":"abc"}', '{"consumerKey":"k","consumerSecret":"***"}'],
  ['"consumerSecret" : "a\\"b", "status": 1', '"consumerSecret" : "****", "status": 1'],
  ['"consumerSecret": "never ends', '"consumerSecret": "**********'],
  ['"clientSecret":"x","secret":"yy"', '"clientSecret":"*","secret":"**"'],
  ['"consumerSecret": 5', '"consumerSecret": 5'],
  ['"key": "-----BEGIN PRIVATE KEY-----\\nMII="', '"key": "-----BEGIN PRIVATE KEY-----*******'],
  ['<Set>nothing secret</Set>', '<Set>nothing secret</Set>'],
] as const) {
  test(line, () => {
    assert.equal(withheld(line), shown);
    assert.equal(withheld(line).length, line.length);
  });
}
