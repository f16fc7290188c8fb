import type { ScriptFinding } from '../engine.ts';
import { absentNames, modelNames, standardNames } from './globals.ts';
import type { isolate } from './isolation.ts';
import type { FreeName, Names } from './names.ts';
import type { ParsedFile } from './parse.ts';
import type { Waiting } from './waiting.ts';

/** What will fail when the script gets there, as far as its text shows it. */
export function findFailures(
  files: readonly ParsedFile[],
  names: Names,
  waiting: Waiting,
  isolation: ReturnType<typeof isolate>,
): ScriptFinding[] {
  const tested = new Set(names.free.filter(isTested).map((one) => one.name));
  const seen = new Set<string>();
  const findings: ScriptFinding[] = [];
  for (const free of names.free) {
    const { name } = free;
    if (modelNames.has(name) || standardNames.has(name) || tested.has(name) || seen.has(name)) continue;
    if (free.assigned || isolation.implicit.includes(name)) continue;
    const absent = absentNames.get(name);
    // Names may come from the global object, or from code made of text.
    if (absent === undefined && (isolation.usesGlobalObject || isolation.needsOwnHeap)) continue;
    seen.add(name);
    const message = `"${name}" is not defined: the script throws a ReferenceError when it gets here.`;
    findings.push({ file: free.file, offset: free.node.start, length: name.length, message, hint: absent });
  }
  for (const { file, node } of waiting.unsupported) {
    const message = 'This function waits with waitForComplete, and is called by something that cannot wait.';
    const hint = 'Call waitForComplete in a loop or a function of your own, or give httpClient a callback.';
    const length = Math.min(
      node.end - node.start,
      (files[file]?.text.indexOf('\n', node.start) ?? node.end) - node.start,
    );
    findings.push({ file, offset: node.start, length: Math.max(1, length), message, hint });
  }
  return findings;
}

/** `typeof name`: the script knows that the name may be missing. */
function isTested({ above }: FreeName): boolean {
  const parent = above[above.length - 1];
  return parent?.type === 'UnaryExpression' && parent.operator === 'typeof';
}
