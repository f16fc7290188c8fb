import type { BodyNeed } from '../../message/body-need.ts';
import type { ScriptFile, ScriptFinding } from '../engine.ts';
import { Edits } from './edits.ts';
import { findFailures } from './failures.ts';
import { absentNames, modelNames, standardNames } from './globals.ts';
import { isolate } from './isolation.ts';
import { type Names, resolveNames } from './names.ts';
import { type ParsedFile, parseFile } from './parse.ts';
import { payloadNeeds } from './payload.ts';
import { literalReads } from './reads.ts';
import { mayRunLong } from './run-time.ts';
import { makeWaiting } from './waiting.ts';

/** A script's files made into the source of one function that an engine compiles once. */
export interface Program {
  /**
   * An expression: a function of the run's own values (`zerohop$`) that gives the body, a function of the names in
   * `parameters`; a generator function when `waits`.
   */
  readonly source: string;
  readonly parameters: readonly string[];
  readonly waits: boolean;
  /** Whether the outer function is called anew for each run. */
  readonly perRun: boolean;
  readonly needsOwnHeap: boolean;
  /** Whether it may run for long: it loops, recurs, or matches regular expressions. */
  readonly mayRunLong: boolean;
  readonly usesPromises: boolean;
  readonly needs: BodyNeed;
  /** Names of variables whose values are handed over with the start of a run. */
  readonly reads: readonly string[];
  readonly findings: readonly ScriptFinding[];
  /** First line of each file in the source, counted from 1. */
  readonly lines: readonly { readonly name: string; readonly first: number }[];
}

/** @throws ScriptSyntaxError */
export function makeProgram(scripts: readonly ScriptFile[]): Program {
  const files = scripts.map(parseFile);
  const edits = files.map(() => new Edits());
  const names = resolveNames(files);
  const isolation = isolate(files, names, edits);
  const waiting = makeWaiting(files, edits);
  const freeNames = new Set(names.free.map((one) => one.name));
  const parameters = [...modelNames].filter((name) => freeNames.has(name) || names.outermost.get(name) === 'var');
  const globalIsRead = isolation.usesGlobalObject && [...freeNames].some((name) => isUnknown(name, isolation.implicit));
  const body = files.map((file, index) => edits[index]?.apply(file.text) ?? '').join('\n;');
  const star = waiting.program ? '*' : '';
  // The semicolon: "use strict" of one file must not make all the others strict.
  const inner = `function${star} (${parameters.join(', ')}) {;${prologue(names, isolation, parameters)}${body}\n}`;
  const source = globalIsRead
    ? `(function (zerohop$) { with (zerohop$.global) { return ${inner} } })`
    : `(function (zerohop$) { return ${inner} })`;
  return {
    source,
    parameters,
    waits: waiting.program,
    perRun: isolation.usesGlobalObject,
    needsOwnHeap: isolation.needsOwnHeap,
    mayRunLong: isolation.needsOwnHeap || mayRunLong(files),
    usesPromises: freeNames.has('Promise') || files.some((file) => /\basync\b/.test(file.text)),
    needs: payloadNeeds(names, isolation.makesCode),
    reads: literalReads(names),
    findings: findFailures(files, names, waiting, isolation),
    lines: firstLines(files),
  };
}

/** A name that only the global object of the run could give. */
function isUnknown(name: string, implicit: readonly string[]): boolean {
  return !modelNames.has(name) && !standardNames.has(name) && !absentNames.has(name) && !implicit.includes(name);
}

function prologue(names: Names, isolation: ReturnType<typeof isolate>, parameters: readonly string[]): string {
  const { implicit, usesGlobalObject } = isolation;
  const declared = implicit
    .filter((name) => !parameters.includes(name))
    // A built-in that the script assigns to keeps its value until then.
    .map((name) => (standardNames.has(name) ? `${name} = zerohop$.realGlobal.${name}` : name));
  if (usesGlobalObject) {
    const variables = [...names.outermost].filter(([, kind]) => kind === 'var').map(([name]) => name);
    const members = [...new Set([...variables, ...implicit, ...parameters])]
      .map((name) => `get ${name}() { return ${name} }, set ${name}(zerohop$value) { ${name} = zerohop$value }`)
      .join(', ');
    declared.push(`zerohop$global = function () { return zerohop$.expose(function () { return {${members}} }) }`);
    declared.push('zerohop$self = function (self) { return self === zerohop$.realGlobal ? zerohop$global() : self }');
    if (names.free.some((one) => one.name === 'globalThis')) declared.push('globalThis = zerohop$global()');
  }
  return declared.length === 0 ? '' : `var ${declared.join(', ')};`;
}

function firstLines(files: readonly ParsedFile[]): Program['lines'] {
  let first = 1;
  return files.map(({ name, text }) => {
    const line = { name, first };
    first += text.split(/\r\n|[\n\r\u2028\u2029]/).length;
    return line;
  });
}
