import { withheld } from './withheld.ts';

/**
 * An author's mistake in a bundle, with a place. Diagnostics are collected, never thrown: one run shows all of them.
 * Errors keep a bundle from being deployed; warnings do not.
 */

/** A text file as it was read. `file` is the path shown to the author. */
export class Source {
  readonly file: string;
  readonly text: string;
  #lineStarts: readonly number[] | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  /** Line and column of an offset, both counted from 1; columns in UTF-16 units. */
  position(offset: number): { line: number; column: number } {
    this.#lineStarts ??= lineStarts(this.text);
    const starts = this.#lineStarts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  }

  /** The offset of a line and column, both counted from 1. */
  offset(line: number, column: number): number {
    this.#lineStarts ??= lineStarts(this.text);
    return Math.min((this.#lineStarts[line - 1] ?? this.text.length) + column - 1, this.text.length);
  }

  /** The text of a line (counted from 1), without its line break. */
  line(line: number): string {
    this.#lineStarts ??= lineStarts(this.text);
    const start = this.#lineStarts[line - 1] ?? this.text.length;
    const end = this.#lineStarts[line] ?? this.text.length;
    return this.text.slice(start, end).replace(/[\r\n]+$/, '');
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** A stretch of a source: offset and length in UTF-16 units. Offset 0, length 0 stands for the file as a whole. */
export interface Place {
  readonly source: Source;
  readonly offset: number;
  readonly length: number;
  /** Finds a stretch of the text that was read from here, where the text is not what is written (`&amp;`, CDATA). */
  readonly within?: (offset: number, length: number) => Place;
}

/** The place of a stretch of the text that was read from a place. */
export function placeWithin(place: Place, offset: number, length: number): Place {
  if (place.within !== undefined) return place.within(offset, length);
  return { source: place.source, offset: place.offset + offset, length };
}

export type Severity = 'error' | 'warning';

export interface Diagnostic {
  /** An apigeelint rule id where the finding is the same (`BN010`), else `ZHnnn`. Listed in docs/diagnostics.md. */
  readonly code: string;
  readonly severity: Severity;
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in UTF-16 units. */
  readonly column: number;
  readonly length: number;
  /** What is wrong. */
  readonly message: string;
  /** How to mend it. */
  readonly hint: string | undefined;
  /** The source line the place lies in. */
  readonly excerpt: string;
}

/** Collects the diagnostics of one run. */
export class Diagnostics {
  readonly list: Diagnostic[] = [];

  error(code: string, place: Place, message: string, hint?: string): void {
    this.#add('error', code, place, message, hint);
  }

  warning(code: string, place: Place, message: string, hint?: string): void {
    this.#add('warning', code, place, message, hint);
  }

  get errorCount(): number {
    return this.list.reduce((count, one) => count + (one.severity === 'error' ? 1 : 0), 0);
  }

  #add(severity: Severity, code: string, place: Place, message: string, hint: string | undefined): void {
    const { line, column } = place.source.position(place.offset);
    const excerpt = withheld(place.source.line(line));
    this.list.push({
      code,
      severity,
      file: place.source.file,
      line,
      column,
      length: place.length,
      message,
      hint,
      excerpt,
    });
  }
}

/** A place for findings about a file or folder as a whole. */
export function wholeFile(file: string): Place {
  return { source: new Source(file, ''), offset: 0, length: 0 };
}

/** The names nearest to `name` (edit distance at most a third of its length), nearest first, at most three: "did you mean". */
export function nearest(name: string, candidates: Iterable<string>): string[] {
  const wanted = name.toLowerCase();
  const limit = Math.max(1, Math.floor(name.length / 3));
  const scored: { candidate: string; distance: number }[] = [];
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase(), limit);
    if (distance <= limit) scored.push({ candidate, distance });
  }
  scored.sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  return scored.slice(0, 3).map((one) => one.candidate);
}

function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitution));
    }
    previous = current;
  }
  return previous[b.length] ?? limit + 1;
}
