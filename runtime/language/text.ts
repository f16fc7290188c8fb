import { Message } from '../message/message.ts';
import { textOf } from './value-text.ts';

/**
 * A value as a template prints it: a message as its payload (nothing when that streams past), a list comma-joined, an
 * unresolved variable as nothing. zerohop's choice: other objects, which scripts make, as JSON.
 */
export function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Message) return value.body.inMemory ? value.content : '';
  return textOf(value) ?? '';
}
