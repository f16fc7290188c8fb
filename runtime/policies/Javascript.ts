import { nearest, type Place, placeWithin } from '../diagnostic.ts';
import { element, ignored, type Leaf, many, requiredAttribute } from '../schema/declare.ts';
import { integer, rawText, text } from '../schema/values.ts';
import { type Compiler, policy } from './policy.ts';
import { compileScript, guardMilliseconds, nothing, type ScriptText, scriptOf } from './script-step.ts';

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

const resourceUrl = { ...text, expects: 'the URL of a script, such as jsc://file.js', empty: undefined };

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
    const timeLimit = config.timeLimit?.text ?? guardMilliseconds;
    return compileScript(files, timeLimit, properties, config.at, faults, compiler);
  },
});

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

function inlineScript(
  config: { readonly text: string | undefined; readonly textAt: Place } | undefined,
  policyName: string,
): (ScriptText & { readonly at: Place }) | undefined {
  const script = config?.text ?? '';
  if (config === undefined || script.trim() === '') return undefined;
  const at = config.textAt;
  return { name: policyName, text: script, at, place: (offset, length) => placeWithin(at, offset, length) };
}
