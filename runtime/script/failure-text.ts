import { ScriptFailure } from './engine.ts';
import { type HeapError, scriptFileName } from './heap.ts';
import type { Program } from './program/program.ts';

/** What a script's failure is called. Apigee: Javascript policy, runtime errors; Rhino's text for a missing name. */
export function failureOf(error: HeapError, program: Program, timeLimit: number): ScriptFailure {
  if (error.reason === 'timeLimit') {
    return new ScriptFailure('timeLimit', `Javascript runtime exceeded limit of ${timeLimit}ms`);
  }
  if (error.reason === 'memory') return new ScriptFailure('memory', error.message);
  const text = error.message.replace(
    /^ReferenceError: '?([^'\s]+)'? is not defined$/,
    'ReferenceError: "$1" is not defined.',
  );
  const place = placeOf(error.frames, program);
  return new ScriptFailure('threw', `Javascript runtime error: "${text}${place === undefined ? '' : ` (${place})`}"`);
}

/** `file.js:3`, from the innermost frame that is the script's own. */
function placeOf(frames: string, program: Program): string | undefined {
  const line = Number(new RegExp(`${scriptFileName}:(\\d+)`).exec(frames)?.[1] ?? 0);
  const file = program.lines.findLast((one) => one.first <= line);
  return file === undefined || line === 0 ? undefined : `${file.name}:${line - file.first + 1}`;
}
