import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { badReference, resolveReferences, sourceOffset } from '../../runtime/xml/references.ts';

describe('references', () => {
  test('are resolved', () => {
    assert.equal(resolveReferences('a &amp;&lt;&gt;&quot;&apos; &#65;&#x1F600; &amp;lt;'), 'a &<>"\' A\u{1F600} &lt;');
  });

  test('do not disturb offsets, whatever was looked at before', () => {
    const raw = '&lt;a&amp;&amp;b';
    assert.equal(badReference(raw, 0, raw.length), undefined);
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5].map((offset) => sourceOffset(raw, offset)),
      [0, 4, 5, 10, 15, 16],
    );
    assert.equal(badReference(`${raw}&x;`, 0, raw.length + 3)?.code, 'ZH003');
    assert.equal(sourceOffset(raw, 1), 4);
  });
});
