import type { Diagnostic } from '../../runtime/diagnostic.ts';
import { renderDiagnostic } from '../../runtime/diagnostic-text.ts';

/** Diagnostics as the command line shows them, one after the other, paths without the folder they lie in. */
export function rendered(diagnostics: readonly Diagnostic[], folder = ''): string {
  const text = diagnostics.map((one) => renderDiagnostic(one)).join('\n');
  return folder === '' ? text : text.replaceAll(`${folder}/`, '').replaceAll(folder, '.');
}

/** `file:line:column CODE severity message`, one a line, for tables. */
export function listed(diagnostics: readonly Diagnostic[], folder = ''): string[] {
  return diagnostics.map(({ file, line, column, code, severity, message }) => {
    const text = `${file}:${line}:${column} ${severity} ${code} ${message}`;
    return folder === '' ? text : text.replaceAll(`${folder}/`, '').replaceAll(folder, '.');
  });
}
