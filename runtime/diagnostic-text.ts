import type { Diagnostic } from './diagnostic.ts';

const red = '\u001b[31m';
const yellow = '\u001b[33m';
const cyan = '\u001b[36m';
const bold = '\u001b[1m';
const dim = '\u001b[2m';
const reset = '\u001b[0m';

/** Columns of a source line that are shown; a longer one is cut around the caret. */
const width = 110;

/**
 * A diagnostic as compilers show it: place and message, the source line with what is meant underlined, the cure.
 * Without `color` there are no escape sequences. No line break at the end.
 */
export function renderDiagnostic(diagnostic: Diagnostic, options: { readonly color?: boolean } = {}): string {
  const paint = (style: string, text: string): string => (options.color === true ? `${style}${text}${reset}` : text);
  const { file, line, column, severity, code, message, hint, excerpt } = diagnostic;
  const style = severity === 'error' ? red : yellow;
  // A finding about a file as a whole has no source line to show.
  const place = excerpt === '' && diagnostic.length === 0 ? file : `${file}:${line}:${column}`;
  const lines = [
    `${paint(bold, `${visible(place)}:`)} ${paint(style, `${severity} ${code}:`)} ${paint(bold, visible(message))}`,
  ];
  if (excerpt.trim() !== '') {
    const number = String(line);
    const shown = cut(excerpt, column - 1, diagnostic.length);
    lines.push(`  ${paint(dim, `${number} |`)} ${shown.text}`);
    lines.push(`  ${paint(dim, `${' '.repeat(number.length)} |`)} ${shown.before}${paint(style, shown.underline)}`);
  }
  if (hint !== undefined) lines.push(`  ${paint(cyan, 'hint:')} ${visible(hint)}`);
  return lines.join('\n');
}

/** `3 errors, 1 warning`; empty when there are none. */
export function renderCounts(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((one) => one.severity === 'error').length;
  const parts = [plural(errors, 'error'), plural(diagnostics.length - errors, 'warning')];
  return parts.filter((part) => part !== '').join(', ');
}

function plural(count: number, word: string): string {
  return count === 0 ? '' : `${count} ${word}${count === 1 ? '' : 's'}`;
}

interface Cut {
  readonly text: string;
  /** Blanks, and the line's own tabs, up to what is underlined. */
  readonly before: string;
  readonly underline: string;
}

function cut(line: string, start: number, length: number): Cut {
  const from = Math.min(start, line.length);
  const to = Math.min(from + Math.max(length, 1), Math.max(line.length, from + 1));
  const left = from > width - 30 ? from - 40 : 0;
  const right = Math.min(line.length, left + width);
  const lead = left > 0 ? '... ' : '';
  const text = `${lead}${visible(line.slice(left, right))}${right < line.length ? ' ...' : ''}`;
  const before = ' '.repeat(lead.length) + line.slice(left, from).replace(/[^\t]/gu, (character) => padding(character));
  const underlined = Math.max(1, Math.min(to, right) - from);
  return { text, before, underline: `^${'~'.repeat(underlined - 1)}` };
}

/** Wide characters (CJK, emoji) take two columns in a terminal. */
function padding(character: string): string {
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}]/u.test(
    character,
  )
    ? '  '
    : ' ';
}

/** Control characters of a bundle must not reach the terminal. */
function visible(text: string): string {
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, '\ufffd');
}
