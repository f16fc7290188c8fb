import type { CallRecording } from './call-recording.ts';
import type { TraceMessage } from './trace.ts';

/**
 * Notes what a step did to the current message as writes of its variables: policies change messages themselves, not by
 * name. What was written by name is noted already.
 */
export function noteMessageChanges(recording: CallRecording, from: number, to: number): void {
  if (from === to) return;
  const { messages } = recording.call;
  const [before, after] = [messages[from], messages[to]];
  const list = recording.accesses();
  if (before === undefined || after === undefined || list === undefined || before.kind !== after.kind) return;
  const known = new Set(list.flatMap(({ action, name }) => (action === 'get' ? [] : name.toLowerCase())));
  for (const [name, value] of changesOf(before, after)) {
    const variable = `${after.kind}.${name}`;
    if (!known.has(variable.toLowerCase())) recording.access(value === undefined ? 'remove' : 'set', variable, value);
  }
}

function changesOf(before: TraceMessage, after: TraceMessage): [name: string, value: string | undefined][] {
  const changes: [string, string | undefined][] = [];
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  for (const [key, { name, value }] of now) {
    if (old.get(key)?.value !== value) changes.push([`header.${name}`, value]);
  }
  for (const [key, { name }] of old) if (!now.has(key)) changes.push([`header.${name}`, undefined]);
  if (before.verb !== after.verb) changes.push(['verb', after.verb ?? undefined]);
  if (before.uri !== after.uri) changes.push(['uri', after.uri ?? undefined]);
  if (before.status !== after.status) changes.push(['status.code', String(after.status)]);
  else if (before.reason !== after.reason) changes.push(['reason.phrase', after.reason ?? undefined]);
  if (before.body !== after.body) changes.push(['content', '[see the message]']);
  return changes;
}

function fieldsOf({ headers }: TraceMessage): Map<string, { name: string; value: string }> {
  const fields = new Map<string, { name: string; value: string }>();
  for (const { name, value } of headers) {
    const field = fields.get(name.toLowerCase());
    if (field === undefined) fields.set(name.toLowerCase(), { name, value });
    else field.value += `, ${value}`;
  }
  return fields;
}
