import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Diagnostic, Diagnostics, Source, wholeFile } from '../runtime/diagnostic.ts';
import { renderCounts, renderDiagnostic } from '../runtime/diagnostic-text.ts';

function diagnostic(text: string, offset: number, length: number): Diagnostic {
  const diagnostics = new Diagnostics();
  diagnostics.error('ZH010', { source: new Source('a/b.xml', text), offset, length }, 'It is wrong.', 'Mend it.');
  const [one] = diagnostics.list;
  assert.ok(one);
  return one;
}

describe('diagnostics as text', () => {
  test('place, message, source line, cure', () => {
    assert.equal(
      renderDiagnostic(diagnostic('one\n  <Two/>\n', 6, 4)),
      'a/b.xml:2:3: error ZH010: It is wrong.\n  2 |   <Two/>\n    |   ^~~~\n  hint: Mend it.',
    );
  });

  test('tabs line up, a stretch over lines ends with its line', () => {
    assert.equal(
      renderDiagnostic(diagnostic('\t<A>\tb\nc', 5, 20)),
      'a/b.xml:1:6: error ZH010: It is wrong.\n  1 | \t<A>\tb\n    | \t   \t^\n  hint: Mend it.',
    );
  });

  test('long lines are cut around the place', () => {
    const text = renderDiagnostic(diagnostic(`${'x'.repeat(300)}HERE${'y'.repeat(300)}`, 300, 4)).split('\n');
    assert.equal(text[1], `  1 | ... ${'x'.repeat(40)}HERE${'y'.repeat(66)} ...`);
    assert.equal(text[2], `    | ${' '.repeat(44)}^~~~`);
  });

  test('past the end of a line, and in an empty file', () => {
    assert.match(renderDiagnostic(diagnostic('abc', 3, 0)), /\n {4}\| {4}\^\n/);
    assert.equal(renderDiagnostic(diagnostic('', 0, 0)), 'a/b.xml: error ZH010: It is wrong.\n  hint: Mend it.');
  });

  test('a file as a whole', () => {
    const diagnostics = new Diagnostics();
    diagnostics.warning('ZH001', wholeFile('a.xml'), 'It is odd.');
    assert.deepEqual(
      diagnostics.list.map((one) => renderDiagnostic(one)),
      ['a.xml: warning ZH001: It is odd.'],
    );
  });

  test('control characters do not reach the terminal; color only when asked', () => {
    const plain = renderDiagnostic(diagnostic('a\u001b[31mb', 0, 1));
    assert.ok(!plain.includes('\u001b'));
    assert.ok(renderDiagnostic(diagnostic('a', 0, 1), { color: true }).includes('\u001b[31merror ZH010:'));
  });

  test('counts', () => {
    const one = diagnostic('a', 0, 1);
    assert.equal(renderCounts([]), '');
    assert.equal(renderCounts([one]), '1 error');
    assert.equal(renderCounts([one, one, { ...one, severity: 'warning' }]), '2 errors, 1 warning');
  });
});
