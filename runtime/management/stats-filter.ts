import { invalid } from './failure.ts';

/** Whether a row, given by the values of its dimensions, is wanted. */
export type RowFilter = (value: (dimension: string) => string) => boolean;

const comparison = /^\s*(\w+)\s+(eq|ne|in|notin)\s+('[^']*'(?:\s*,\s*'[^']*')*)\s*$/i;

/**
 * A filter such as `(apiproxy eq 'a') and (caller ne 'local')`; `in` and `notin` take several values.
 * @throws ApiError 400 for what is not understood: a filter that is ignored would give wrong numbers
 */
export function readFilter(text: string, dimensionOf: (name: string) => string): RowFilter {
  if (text.trim() === '') return () => true;
  const parts = text.replace(/[()]/g, ' ').split(/\s+and\s+/i);
  const tests = parts.map((part): RowFilter => {
    const [, name, operator, list] = comparison.exec(part) ?? [];
    if (name === undefined || operator === undefined || list === undefined) {
      throw invalid(
        `The filter "${text}" is not understood: (DIMENSION eq 'VALUE'), also ne, in, notin, joined by and.`,
      );
    }
    const dimension = dimensionOf(name);
    const values = new Set([...list.matchAll(/'([^']*)'/g)].map((match) => match[1] ?? ''));
    const wants = /^(?:eq|in)$/i.test(operator);
    return (value) => values.has(value(dimension)) === wants;
  });
  return (value) => tests.every((test) => test(value));
}
