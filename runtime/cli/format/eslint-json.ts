import { byFile, type Findings } from './findings.ts';

/** ESLint's result shape, which apigeelint and editors share: one entry per file. */
export function eslintJson({ diagnostics }: Findings): string {
  const results = [...byFile(diagnostics)].map(([filePath, list]) => ({
    filePath,
    errorCount: list.filter((one) => one.severity === 'error').length,
    warningCount: list.filter((one) => one.severity === 'warning').length,
    fixableErrorCount: 0,
    fixableWarningCount: 0,
    messages: list.map((one) => ({
      ruleId: one.code,
      severity: one.severity === 'error' ? 2 : 1,
      message: one.message,
      ...(one.hint === undefined ? {} : { hint: one.hint }),
      line: one.line,
      column: one.column,
      endLine: one.line,
      endColumn: one.column + one.length,
      source: one.excerpt,
    })),
  }));
  return `${JSON.stringify(results, null, 2)}\n`;
}
