import type { Resource } from '../bundle/bundle.ts';
import { type Place, Source } from '../diagnostic.ts';
import { Fault, type FaultKind } from '../fault.ts';
import type { Exchange } from '../message/exchange.ts';
import { type PreparedScript, ScriptFailure, ScriptSyntaxError } from '../script/engine.ts';
import type { Compiler, Step } from './policy.ts';

/** A file of a script, and how to find a place in it. */
export interface ScriptText {
  readonly name: string;
  readonly text: string;
  place(offset: number, length: number): Place;
}

export interface ScriptFaults {
  readonly failed: FaultKind;
  readonly security: FaultKind;
}

/** Milliseconds for a script whose policy has no timeLimit. zerohop's choice: the reference requires one. */
export const guardMilliseconds = 10_000;

/** The step of a policy whose mistakes were reported; its bundle is not deployed. */
export const nothing: Step = () => undefined;

export function scriptOf(resource: Resource): ScriptText {
  const bytes = Buffer.from(resource.bytes.buffer, resource.bytes.byteOffset, resource.bytes.byteLength);
  const source = new Source(resource.file, bytes.toString('utf8'));
  return { name: resource.name, text: source.text, place: (offset, length) => ({ source, offset, length }) };
}

/** The step that runs files of JavaScript, the last one after all others. */
export function compileScript(
  files: readonly ScriptText[],
  timeLimit: number,
  properties: ReadonlyMap<string, string>,
  at: Place,
  faults: ScriptFaults,
  compiler: Compiler,
): Step {
  const { name, scripts } = compiler;
  if (scripts === undefined) {
    compiler.error('ZH188', at, 'No script engine was loaded for this deployment.');
    return nothing;
  }
  try {
    const script = scripts.prepare({
      policy: name,
      bundle: compiler.bundle,
      owner: compiler.owner,
      files,
      timeLimit,
      properties,
      send: compiler.httpClient,
      print: (exchange, line) => exchange.surroundings.print?.(exchange, name, line),
    });
    for (const { file, offset, length, message, hint } of script.findings) {
      compiler.warning('ZH187', files[file]?.place(offset, length) ?? at, message, hint);
    }
    compiler.needs(script.needs);
    return runStep(script, name, faults);
  } catch (error) {
    if (!(error instanceof ScriptSyntaxError)) throw error;
    return reportSyntax(error, files[error.file]?.place(error.offset, 1) ?? at, faults, compiler);
  }
}

/** A bundle with E4X deploys on the platform: here its step fails when it is reached, and the rest serves. */
function reportSyntax(error: ScriptSyntaxError, at: Place, faults: ScriptFaults, compiler: Compiler): Step {
  const { name } = compiler;
  if (!error.isE4x) {
    compiler.error('ZH186', at, error.message, error.hint);
    return nothing;
  }
  compiler.warning('ZH187', at, `${error.message} The step fails when it is reached.`, error.hint);
  return () => {
    throw new Fault(faults.failed, `Execution of ${name} failed with error: ${error.message}`);
  };
}

function runStep(script: PreparedScript, name: string, faults: ScriptFaults): Step {
  return (exchange: Exchange) => {
    try {
      const outcome = script.run(exchange);
      return outcome?.catch((error: unknown) => fail(error, name, faults));
    } catch (error) {
      return fail(error, name, faults);
    }
  };
}

/** The codes are few: Apigee's `ScriptExecutionFailedLineNumber` says nothing that the text of the other does not. */
function fail(error: unknown, name: string, faults: ScriptFaults): never {
  if (!(error instanceof ScriptFailure)) throw error;
  const kind = error.reason === 'security' ? faults.security : faults.failed;
  throw new Fault(kind, `Execution of ${name} failed with error: ${error.message}`);
}
