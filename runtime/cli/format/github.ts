import { type Findings, fullMessage } from './findings.ts';

/** GitHub Actions workflow commands: findings appear at their lines in a pull request. */
export function github({ diagnostics }: Findings): string {
  return diagnostics
    .map((one) => {
      const end = one.column + Math.max(one.length, 1);
      const place = `file=${property(one.file)},line=${one.line},col=${one.column},endColumn=${end}`;
      return `::${one.severity} ${place},title=${property(one.code)}::${data(fullMessage(one))}\n`;
    })
    .join('');
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
