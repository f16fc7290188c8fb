import type { Resource } from '../bundle/bundle.ts';
import { nearest, type Place, placeWithin, Source } from '../diagnostic.ts';
import { Fault } from '../fault.ts';
import type { Exchange } from '../message/exchange.ts';
import { element, ignored, type Leaf, many, requiredAttribute } from '../schema/declare.ts';
import { integer, rawText, text } from '../schema/values.ts';
import { type PreparedScript, ScriptFailure, ScriptSyntaxError } from '../script/engine.ts';
import { type Compiler, policy, type Step } from './policy.ts';

const faults = {
  failed: {
    code: 'steps.javascript.ScriptExecutionFailed',
    status: 500,
    text: 'Execution of a script failed',
  },
  security: {
    code: 'steps.javascript.ScriptSecurityError',
    status: 500,
    text: 'A script asked for something that is forbidden',
  },
};

/** Milliseconds for a script whose policy has no timeLimit. zerohop's choice: the reference requires one. */
const guardMilliseconds = 10_000;

const resourceUrl = { ...text, expects: 'the URL of a script, such as jsc://file.js', empty: undefined };

/** A file of a script, and how to find a place in it. */
interface ScriptText {
  readonly name: string;
  readonly text: string;
  place(offset: number, length: number): Place;
}

/** Apigee: JavaScript policy reference. */
export const Javascript = policy({
  element: 'Javascript',
  failedPrefix: 'javascript',
  attributes: { timeLimit: { ...integer(0), expects: 'a whole number of milliseconds' } },
  children: {
    ResourceURL: resourceUrl,
    IncludeURL: many(resourceUrl),
    Source: element({ content: rawText }),
    Properties: element({
      children: { Property: many(element({ content: rawText, attributes: { name: requiredAttribute(text) } })) },
    }),
    SSLInfo: ignored,
  },
  faults,
  compile(config, compiler) {
    const { ResourceURL, IncludeURL } = config;
    const inline = inlineScript(config.Source, compiler.name);
    if (ResourceURL === undefined && inline === undefined) {
      const hint = 'Add <ResourceURL>jsc://file.js</ResourceURL>, or the script itself in <Source>.';
      compiler.error('ZH180', config.at, 'Javascript names no script.', hint);
      return nothing;
    }
    if (ResourceURL !== undefined && inline !== undefined) {
      const message = 'Javascript has both <ResourceURL> and <Source>; <Source> has no effect.';
      compiler.warning('ZH181', inline.at, message, 'Keep one of them.');
    }
    if (config.SSLInfo !== undefined) {
      const message = 'SSLInfo of Javascript has no effect: httpClient uses the trust of the system.';
      const hint = 'Use a ServiceCallout with an HTTPTargetConnection for calls with certificates of your own.';
      compiler.warning('ZH182', config.SSLInfo.at, message, hint);
    }
    const urls = ResourceURL === undefined ? IncludeURL : [...IncludeURL, ResourceURL];
    const found = urls.map((url) => findScript(url, compiler));
    if (ResourceURL === undefined) found.push(inline);
    const files = found.filter((one) => one !== undefined);
    if (files.length < found.length) return nothing;
    const properties = new Map((config.Properties?.Property ?? []).map((one) => [one.name.text, one.text ?? '']));
    return prepare(files, config.timeLimit?.text ?? guardMilliseconds, properties, config.at, compiler);
  },
});

/** The step of a policy whose mistakes were reported; its bundle is not deployed. */
const nothing: Step = () => undefined;

function findScript(url: Leaf<string>, compiler: Compiler): ScriptText | undefined {
  const resource = compiler.resource(url.text);
  if (resource !== undefined && resource.type === 'jsc') return scriptOf(resource);
  const match = /^([a-z]+):\/\/(.+)$/i.exec(url.text);
  const names = compiler.resourceNames('jsc');
  const example =
    names.length === 0 ? 'Put the script into resources/jsc.' : `Scripts here: ${names.slice(0, 12).join(', ')}.`;
  if (match === null) {
    const known = names.includes(url.text) ? `Write jsc://${url.text}.` : example;
    compiler.error('ZH183', url.at, `"${url.text}" is not the URL of a script, such as jsc://file.js.`, known);
  } else if (match[1] !== 'jsc') {
    compiler.error(
      'ZH184',
      url.at,
      `Javascript runs resources of type jsc; "${url.text}" is of type ${match[1]}.`,
      example,
    );
  } else {
    const [best] = nearest(match[2] ?? '', names);
    const hint = best === undefined ? example : `Did you mean "jsc://${best}"?`;
    compiler.error('ZH185', url.at, `There is no resource "${url.text}" in the bundle or its environment.`, hint);
  }
  return undefined;
}

function scriptOf(resource: Resource): ScriptText {
  const bytes = Buffer.from(resource.bytes.buffer, resource.bytes.byteOffset, resource.bytes.byteLength);
  const source = new Source(resource.file, bytes.toString('utf8'));
  return { name: resource.name, text: source.text, place: (offset, length) => ({ source, offset, length }) };
}

function inlineScript(
  config: { readonly text: string | undefined; readonly textAt: Place } | undefined,
  policyName: string,
): (ScriptText & { readonly at: Place }) | undefined {
  const script = config?.text ?? '';
  if (config === undefined || script.trim() === '') return undefined;
  const at = config.textAt;
  return { name: policyName, text: script, at, place: (offset, length) => placeWithin(at, offset, length) };
}

function prepare(
  files: readonly ScriptText[],
  timeLimit: number,
  properties: ReadonlyMap<string, string>,
  at: Place,
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
    return runStep(script, name);
  } catch (error) {
    if (!(error instanceof ScriptSyntaxError)) throw error;
    return reportSyntax(error, files[error.file]?.place(error.offset, 1) ?? at, compiler);
  }
}

/** A bundle with E4X deploys on the platform: here its step fails when it is reached, and the rest serves. */
function reportSyntax(error: ScriptSyntaxError, at: Place, compiler: Compiler): Step {
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

function runStep(script: PreparedScript, name: string): Step {
  return (exchange: Exchange) => {
    try {
      const outcome = script.run(exchange);
      return outcome?.catch((error: unknown) => fail(error, name));
    } catch (error) {
      return fail(error, name);
    }
  };
}

/** The codes are few: Apigee's `ScriptExecutionFailedLineNumber` says nothing that the text of the other does not. */
function fail(error: unknown, name: string): never {
  if (!(error instanceof ScriptFailure)) throw error;
  const kind = error.reason === 'security' ? faults.security : faults.failed;
  throw new Fault(kind, `Execution of ${name} failed with error: ${error.message}`);
}
