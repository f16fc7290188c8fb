import { Fault } from '../fault.ts';
import type { XsdRules } from '../language/xsd.ts';
import { Message } from '../message/message.ts';
import { type ConfigOf, element, many } from '../schema/declare.ts';
import { text, variable } from '../schema/values.ts';
import { readXml, XmlRefused } from '../xml/events.ts';
import { checkJson, JsonRefused } from './json-limits.ts';
import { isXmlName } from './json-xml-writer.ts';
import { compileMessageSchema } from './message-schema.ts';
import { isDecoded, isJson, isXml } from './payload-text.ts';
import { type Compiler, policy } from './policy.ts';

const root = element({ content: text, attributes: { namespace: text } });

const faults = {
  failed: { code: 'steps.messagevalidation.Failed', status: 500, text: 'MessageValidation failed' },
  notAvailable: {
    code: 'steps.messagevalidation.SourceMessageNotAvailable',
    status: 500,
    text: 'The message is not available for MessageValidation',
  },
  notMessage: {
    code: 'steps.messagevalidation.NonMessageVariable',
    status: 500,
    text: 'A variable does not resolve to a Message',
  },
};

const envelopes: ReadonlyMap<string, string> = new Map([
  ['1.1', 'http://schemas.xmlsoap.org/soap/envelope/'],
  ['1.2', 'http://www.w3.org/2003/05/soap-envelope'],
]);

/** Why a payload is not what it should be; undefined when it is. */
type Check = (message: Message, content: string) => string | undefined;

/** Checks a payload: whether it is well-formed, or whether a schema allows it. Apigee: MessageValidation policy reference. */
export const MessageValidation = policy({
  element: 'MessageValidation',
  failedPrefix: 'messagevalidation',
  children: {
    Source: variable,
    ResourceURL: text,
    Element: many(root),
    SOAPMessage: element({ attributes: { version: text } }),
  },
  faults,
  compile(config, compiler) {
    const source = config.Source?.text ?? 'message';
    const read = compiler.reader(source);
    const check = compileCheck(config, compiler);
    const { name } = compiler;
    return (exchange) => {
      const message = read(exchange);
      if (message === undefined || message === null) {
        throw new Fault(faults.notAvailable, `${source} message is not available for MessageValidation: ${name}`);
      }
      if (!(message instanceof Message)) {
        throw new Fault(faults.notMessage, `Variable ${source} does not resolve to a Message`);
      }
      const { content } = message;
      const reason = isDecoded(message, content) ? check(message, content) : 'The payload is not UTF-8 text';
      if (reason === undefined) return;
      throw new Fault(faults.failed, `MessageValidation ${name} failed with reason: "${reason}"`);
    };
  },
});

interface Config {
  readonly ResourceURL: { readonly text: string; readonly at: Parameters<Compiler['error']>[1] } | undefined;
  readonly Element: readonly ConfigOf<typeof root>[];
  readonly SOAPMessage: { readonly version: { readonly text: string } | undefined } | undefined;
}

function compileCheck(config: Config, compiler: Compiler): Check {
  const named = rootNames(config.Element, compiler);
  const url = config.ResourceURL;
  const soap = config.SOAPMessage === undefined ? undefined : envelopesOf(config.SOAPMessage.version?.text ?? '');
  if (url === undefined || url.text === '') return soap === undefined ? wellFormed : envelope(soap);
  const compiled = compileMessageSchema(url, compiler);
  if (compiled === undefined) return () => undefined;
  const isWsdl = url.text.startsWith('wsdl:');
  const rules: XsdRules = {
    roots: named ?? compiled.roots,
    unchecked: compiled.unchecked,
    // A WSDL describes SOAP messages, whether or not that is written.
    envelopes: soap ?? (isWsdl ? [...envelopes.values()] : undefined),
  };
  return (_, content) => compiled.schema.validate(content, rules);
}

function envelopesOf(version: string): string[] {
  const versions = version.split('/').flatMap((one) => envelopes.get(one.trim()) ?? []);
  return versions.length === 0 ? [...envelopes.values()] : versions;
}

function rootNames(configs: readonly ConfigOf<typeof root>[], compiler: Compiler): Set<string> | undefined {
  const names = new Set<string>();
  for (const { text: name = '', namespace, at } of configs) {
    if (name === '') {
      const hint = 'Write the name of the root element into it, or leave it out.';
      compiler.error('ZH433', at, '<Element> names no element (RootElementNameUnspecified).', hint);
    } else if (!isXmlName(name) || name.includes(':')) {
      const message = `"${name}" is no name of an element (InvalidRootElementName).`;
      compiler.error('ZH433', at, message, 'Write it without prefix; its namespace goes into the attribute namespace.');
    } else names.add(`{${namespace?.text ?? ''}}${name}`);
  }
  return names.size === 0 ? undefined : names;
}

/** zerohop's choice: a payload that is neither JSON nor XML by its Content-Type passes. */
const wellFormed: Check = (message, content) => {
  if (isXml(message)) return xmlMistake(content);
  return isJson(message) ? jsonMistake(content) : undefined;
};

/** Whether the payload is a SOAP envelope, whatever it holds. */
function envelope(namespaces: readonly string[]): Check {
  const expected = `The root element is not the Envelope of ${namespaces.join(' or ')}`;
  return (_, content) => {
    let isEnvelope = false;
    let first = true;
    const mistake = xmlMistake(content, (name, attributes) => {
      if (!first) return;
      first = false;
      const colon = name.indexOf(':');
      const declaration = colon === -1 ? 'xmlns' : `xmlns:${name.slice(0, colon)}`;
      isEnvelope = name.slice(colon + 1) === 'Envelope' && namespaces.includes(attributes[declaration] ?? '');
    });
    return mistake ?? (isEnvelope ? undefined : expected);
  };
}

type Open = (name: string, attributes: Readonly<Record<string, string>>) => void;

function xmlMistake(content: string, open: Open = () => undefined): string | undefined {
  try {
    readXml(content, { open, text: () => undefined, close: () => undefined });
    return undefined;
  } catch (error) {
    if (error instanceof XmlRefused) return error.message;
    throw error;
  }
}

const noLimits = {
  arrayElements: Number.POSITIVE_INFINITY,
  // Deeper than anybody means it, and more than other policies could read.
  depth: 5000,
  entries: Number.POSITIVE_INFINITY,
  nameLength: Number.POSITIVE_INFINITY,
  stringLength: Number.POSITIVE_INFINITY,
};

function jsonMistake(content: string): string | undefined {
  try {
    checkJson(content, noLimits);
    return undefined;
  } catch (error) {
    if (error instanceof JsonRefused) return error.message;
    throw error;
  }
}
