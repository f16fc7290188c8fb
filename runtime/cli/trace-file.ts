import { readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { edgeXml } from '../debug/edge-xml.ts';
import { callsOf, type TraceCall } from '../debug/trace.ts';
import { CommandFailure } from '../settings.ts';
import { listMember, member, textMember } from './client.ts';

/** What `--save` writes, and what is read again. */
export interface TraceFile {
  readonly zerohop: 'trace';
  readonly version: 1;
  readonly calls: readonly TraceCall[];
}

export type TraceFormat = 'tree' | 'json' | 'edge-xml';

export function traceText(calls: readonly TraceCall[], format: 'json' | 'edge-xml', session: string): string {
  if (format === 'edge-xml') return edgeXml(calls.flatMap(callsOf), session);
  const file: TraceFile = { zerohop: 'trace', version: 1, calls };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** @throws CommandFailure */
export async function saveTrace(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new CommandFailure(`${path} cannot be written: ${(error as Error).message}.`);
  }
}

/** Whether it names a file, or a call in one; a folder may have the name of a proxy. */
export function isFile(text: string): boolean {
  return statSync(text.replace(/#\d+$/, ''), { throwIfNoEntry: false })?.isFile() === true;
}

/** Calls of a saved file, or one as the API gives it; `FILE#2` is its second call. @throws CommandFailure */
export function readTrace(name: string): TraceCall[] {
  const [, path = name, number] = /^(.*?)(?:#(\d+))?$/s.exec(name) ?? [];
  const value = readJson(path);
  const calls = isCall(value) ? [value] : listMember(value, 'calls').filter(isCall);
  if (calls.length === 0) {
    throw new CommandFailure(`${path} holds no recorded call. "zerohop trace PROXY --save FILE" writes such a file.`);
  }
  if (number === undefined) return calls;
  const one = calls[Number(number) - 1];
  if (one === undefined) throw new CommandFailure(`${path} has no call ${number}; it has ${calls.length}.`);
  return [one];
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message;
    throw new CommandFailure(`${path} cannot be read: ${reason}.`);
  }
}

/** Whether a JSON value has what every recorded call has. */
export function isCall(value: unknown): value is TraceCall {
  return (
    textMember(value, 'proxy') !== undefined &&
    textMember(value, 'uri') !== undefined &&
    Array.isArray(member(value, 'points')) &&
    Array.isArray(member(value, 'messages'))
  );
}
