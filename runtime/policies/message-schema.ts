import type { Resource } from '../bundle/bundle.ts';
import { nearest } from '../diagnostic.ts';
import { type XsdEngine, XsdMistake, type XsdRules, type XsdSchema } from '../language/xsd.ts';
import type { Leaf } from '../schema/declare.ts';
import type { Compiler } from './policy.ts';
import { readWsdl, WsdlMistake } from './wsdl.ts';

/** The schema of a MessageValidation, and what it says about root elements. */
export interface MessageSchema extends Pick<XsdRules, 'roots' | 'unchecked'> {
  readonly schema: XsdSchema;
}

/** Compiles the resource that a policy names; mistakes are reported. */
export function compileMessageSchema(url: Leaf<string>, compiler: Compiler): MessageSchema | undefined {
  const match = /^(xsd|wsdl):\/\/(.+)$/.exec(url.text);
  const type = match?.[1];
  const name = match?.[2];
  if (type === undefined || name === undefined) {
    const message = `"${url.text}" is no resource of type xsd or wsdl (InvalidResourceType).`;
    compiler.error('ZH430', url.at, message, 'Write xsd://FILE or wsdl://FILE.');
    return undefined;
  }
  const { xsd } = compiler;
  if (xsd === undefined) throw new Error('The XML Schema engine has not been loaded');
  if (compiler.resource(url.text) === undefined) {
    const names = compiler.resourceNames(type);
    const [best] = nearest(name, names);
    const hint = best === undefined ? `Put the file into resources/${type}.` : `Did you mean "${type}://${best}"?`;
    compiler.error('ZH431', url.at, `There is no resource "${url.text}" in the bundle or its environment.`, hint);
    return undefined;
  }
  try {
    const texts = schemaTexts(compiler);
    return type === 'xsd' ? fromXsd(name, texts, xsd) : fromWsdl(name, texts, xsd);
  } catch (error) {
    if (!(error instanceof XsdMistake || error instanceof WsdlMistake)) throw error;
    const hint = 'Includes and imports are looked up among the resources of the bundle and its environment.';
    compiler.error('ZH432', url.at, `"${url.text}" cannot be compiled (ResourceCompileFailed): ${error.message}`, hint);
    return undefined;
  }
}

function fromXsd(name: string, texts: ReadonlyMap<string, string>, engine: XsdEngine): MessageSchema {
  return { schema: engine.compile(`xsd:///${name}`, texts), roots: undefined, unchecked: new Set() };
}

function fromWsdl(name: string, texts: ReadonlyMap<string, string>, engine: XsdEngine): MessageSchema {
  const { schemas, main, elements, wrappers } = readWsdl(`wsdl:///${name}`, texts);
  // zerohop's choice: what RPC style puts around its parts is told by its name alone.
  const unchecked = elements.size === 0 ? wrappers : new Set<string>();
  return { schema: engine.compile(main, schemas), roots: elements, unchecked };
}

/**
 * All schemas and WSDL files under the names by which they can name each other: `xsd:///a.xsd` beside one another, so
 * that relative places work, and `xsd://a.xsd` as Apigee writes it.
 */
function schemaTexts(compiler: Compiler): Map<string, string> {
  const texts = new Map<string, string>();
  for (const type of ['xsd', 'wsdl']) {
    for (const name of compiler.resourceNames(type)) {
      const resource = compiler.resource(`${type}://${name}`);
      if (resource === undefined) continue;
      const text = textOf(resource);
      texts.set(`${type}:///${name}`, text).set(`${type}://${name}`, text);
      // A WSDL may lie beside the schemas it imports.
      const other = type === 'xsd' ? `wsdl:///${name}` : `xsd:///${name}`;
      if (!texts.has(other)) texts.set(other, text);
    }
  }
  return texts;
}

function textOf({ bytes }: Resource): string {
  return new TextDecoder().decode(bytes);
}
