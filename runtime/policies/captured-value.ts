import { castText, type ValueKind } from '../language/cast.ts';
import { textOf } from '../language/value-text.ts';

/** Characters of a text that is captured; Apigee cuts what is longer. */
export const captureLimit = 400;

/** A value as it is captured, cut to what may be kept; the fallback for one that is not there or not of the type. */
export function capturedValue(value: unknown, kind: ValueKind, fallback: string | undefined): unknown {
  const found = typed(textOf(value), kind);
  return found ?? typed(fallback, kind);
}

function typed(text: string | undefined, kind: ValueKind): unknown {
  if (text === undefined) return undefined;
  const value = castText(text, kind);
  return typeof value === 'string' ? value.slice(0, captureLimit) : value;
}
