import { Exchange } from '../message/exchange.ts';
import type { VariableGroup } from '../message/variable-group.ts';
import type { CallRecording } from './call-recording.ts';

/**
 * Has a recording told of what is done to an exchange's variables. Methods of its own stand before those of its class:
 * exchanges that are not recorded keep their one shape, and nothing is asked of them.
 */
export function watchVariables(exchange: Exchange, recording: CallRecording): void {
  const { read, write, remove, setVariable } = Exchange.prototype;
  exchange.read = (name) => {
    const value = read.call(exchange, name);
    recording.access('get', name, value);
    return value;
  };
  exchange.write = (name, value) => {
    noting(recording, name, value, () => write.call(exchange, name, value));
  };
  exchange.remove = (name) => {
    remove.call(exchange, name);
    recording.access('remove', name, undefined);
  };
  exchange.setVariable = (name, value) => {
    setVariable.call(exchange, name, value);
    recording.access(value === undefined || value === null ? 'remove' : 'set', name, value);
  };
}

/** A write of a custom variable is noted by `setVariable`; one of a built-in variable is not. */
export function noting(recording: CallRecording, name: string, value: unknown, write: () => void): void {
  const list = recording.accesses();
  const before = list?.length ?? 0;
  write();
  if (list === undefined || list.slice(before).some((one) => one.name === name)) return;
  recording.access(value === undefined || value === null ? 'remove' : 'set', name, value);
}

export type Groups = ReadonlyMap<string, VariableGroup> | undefined;

/** Groups of variables are computed when they are read: that they were set is all there is to say. */
export function noteGroups(recording: CallRecording, before: Groups, now: Groups): void {
  for (const [name, group] of now ?? []) {
    if (before?.get(name) !== group) recording.access('set', `${name}.*`, '[read on demand]');
  }
}
