import { parseJson } from '../json-depth.ts';
import { Message } from '../message/message.ts';

/** Values of flow variables as a cache keeps them: a text as it is, anything else as JSON; the first letter tells. */

/** Undefined for what cannot be written down: a message, a function. */
export function encodeValue(value: unknown): string | undefined {
  if (typeof value === 'string') return `t${value}`;
  if (value instanceof Message) return undefined;
  try {
    const text: unknown = JSON.stringify(value);
    return typeof text === 'string' ? `j${text}` : undefined;
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Undefined for what is no such value: another policy's entry. */
export function decodeValue(entry: string): unknown {
  if (entry.startsWith('t')) return entry.slice(1);
  return entry.startsWith('j') ? parseJson(entry.slice(1)) : undefined;
}
