import { byFile, type Findings, fullMessage } from './findings.ts';

/** JUnit XML: a suite per file, a failed case per finding; one passed case when there is none. */
export function junit({ diagnostics, errors, warnings }: Findings): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>'];
  const total = errors + warnings;
  lines.push(`<testsuites name="zerohop validate" tests="${Math.max(total, 1)}" failures="${total}">`);
  for (const [file, list] of byFile(diagnostics)) {
    lines.push(`  <testsuite name="${escaped(file)}" tests="${list.length}" failures="${list.length}">`);
    for (const one of list) {
      const name = `${one.code} at ${one.line}:${one.column}`;
      lines.push(`    <testcase name="${escaped(name)}" classname="${escaped(file)}">`);
      lines.push(
        `      <failure type="${one.severity}" message="${escaped(fullMessage(one))}">${escaped(one.excerpt)}</failure>`,
      );
      lines.push('    </testcase>');
    }
    lines.push('  </testsuite>');
  }
  if (total === 0) {
    lines.push('  <testsuite name="bundles" tests="1" failures="0"><testcase name="no findings"/></testsuite>');
  }
  lines.push('</testsuites>', '');
  return lines.join('\n');
}

const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
]);

/** Control characters have no place in XML 1.0, not even escaped. */
function escaped(text: string): string {
  return text
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, '?')
    .replace(/[&<>"]/g, (character) => entities.get(character) ?? character);
}
