import { renderDiagnostic } from '../../diagnostic-text.ts';
import type { Findings } from './findings.ts';

/** For people: each finding with its source line, then the totals. */
export function stylish({ diagnostics, bundles, errors, warnings }: Findings): string {
  const color = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
  const texts = diagnostics.map((one) => `${renderDiagnostic(one, { color })}\n\n`);
  const total =
    bundles === 0
      ? 'No bundle found. A bundle is a folder apiproxy/ or sharedflowbundle/, or a zip of one.\n'
      : `${counted(bundles, 'bundle')} checked: ${counted(errors, 'error')}, ${counted(warnings, 'warning')}\n`;
  return texts.join('') + total;
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
