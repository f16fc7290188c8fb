import { X509Certificate } from 'node:crypto';
import { Fault } from '../fault.ts';
import { TransformationFailure } from '../language/xslt/failure.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import { element, valueOrRef } from '../schema/declare.ts';
import { boolean, text, variable } from '../schema/values.ts';
import { XmlRefused } from '../xml/events.ts';
import { readTree, type TreeNode } from '../xml/tree.ts';
import { remembered } from './key-text.ts';
import { compileValue, textOrUndefined } from './map-key.ts';
import { isDecoded, isXml } from './payload-text.ts';
import { type Compiler, policy } from './policy.ts';
import { assertionVariables, isAssertion, untimely } from './saml-assertion.ts';
import { AssertionRefused, signedAssertion, xmlText } from './saml-signature.ts';
import { compileSelect, namespaces, type Select } from './saml-xpath.ts';

const faults = {
  invalid: {
    code: 'steps.saml.validate.InvalidAssertion',
    status: 401,
    text: 'ValidateSAMLAssertion: Invalid assertion',
  },
  notXml: {
    code: 'steps.saml.validate.InvalidMediaTpe',
    status: 500,
    text: 'ValidateSAMLAssertion: Invalid media type',
  },
  notAvailable: {
    code: 'steps.saml.validate.SourceMessageNotAvailable',
    status: 500,
    text: 'ValidateSAMLAssertion: The message is not available',
  },
};

/** Admits a request by a signed SAML assertion in it. Apigee: SAMLAssertion policy reference. */
export const ValidateSAMLAssertion = policy({
  element: 'ValidateSAMLAssertion',
  failedPrefix: 'ValidateSAMLAssertion',
  attributes: { ignoreContentType: boolean },
  children: {
    Source: element({
      attributes: { name: variable },
      children: { Namespaces: namespaces, AssertionXPath: text, SignedElementXPath: text, XPath: text },
    }),
    TrustStore: valueOrRef(text),
    RemoveAssertion: boolean,
  },
  faults,
  compile(config, compiler) {
    const { Source } = config;
    const path = Source?.AssertionXPath ?? Source?.XPath;
    if (Source === undefined || path === undefined) {
      const message = 'ValidateSAMLAssertion does not say where the assertion is (SourceNotConfigured).';
      const hint = 'Add <Source name="request"><AssertionXPath>...</AssertionXPath></Source>.';
      compiler.error('ZH606', Source?.at ?? config.at, message, hint);
    }
    const { TrustStore } = config;
    if (TrustStore === undefined || (TrustStore.ref === undefined && (TrustStore.text ?? '') === '')) {
      const message = 'ValidateSAMLAssertion names no trust store (TrustStoreNotConfigured).';
      compiler.error('ZH607', TrustStore?.at ?? config.at, message, 'Add <TrustStore>NAME</TrustStore>.');
      return () => undefined;
    }
    if (Source === undefined || path === undefined) return () => undefined;
    const assertionAt = compileSelect(path, Source.Namespaces, compiler);
    const signedAt =
      Source.SignedElementXPath === undefined
        ? assertionAt
        : compileSelect(Source.SignedElementXPath, Source.Namespaces, compiler);
    const certificates = compileTrust(compileValue(TrustStore, compiler), compiler);
    const { saml: engine } = compiler;
    if (engine === undefined) throw new Error('The SAML engine has not been loaded');
    if (assertionAt === undefined || signedAt === undefined) return () => undefined;
    const name = Source.name?.text ?? 'message';
    const read = compiler.reader(name);
    const write = variableWriters(compiler);
    const ignoresType = config.ignoreContentType?.text ?? false;
    const removes = config.RemoveAssertion?.text ?? false;
    const prefix = `ValidateSAMLAssertion[${compiler.name}]: `;
    return (exchange) => {
      const message = read(exchange);
      if (!(message instanceof Message)) {
        throw new Fault(faults.notAvailable, `${prefix}${name} message is not available`);
      }
      if (!ignoresType && !isXml(message)) throw new Fault(faults.notXml, `${prefix}Invalid media type`);
      try {
        const { content } = message;
        if (!isDecoded(message, content)) throw new AssertionRefused('the payload is not UTF-8 text');
        const document = readTree(content, { next: 0 });
        const found = the(assertionAt, document, 'assertion');
        if (!isAssertion(found)) throw new AssertionRefused('AssertionXPath selects no assertion of SAML');
        const signed = the(signedAt, document, 'signed element');
        const assertion = signedAssertion(content, signed, found, certificates(exchange), engine);
        const late = untimely(assertion, Date.now());
        if (late !== undefined) throw new AssertionRefused(late);
        write(exchange, { ...assertionVariables(assertion), valid: 'true' });
        if (removes) message.content = without(document, found);
      } catch (error) {
        const reason = reasonOf(error);
        write(exchange, { valid: 'false' });
        throw new Fault(faults.invalid, `${prefix}Invalid assertion: ${reason}`);
      }
    };
  },
});

function reasonOf(error: unknown): string {
  if (error instanceof AssertionRefused || error instanceof TransformationFailure) return error.message;
  if (error instanceof XmlRefused) return `the message is no XML: ${error.message}`;
  throw error;
}

/** Two of them would leave open which one is meant. */
function the(select: Select, document: TreeNode, what: string): TreeNode {
  const found = select(document);
  const [only] = found;
  if (only === undefined) throw new AssertionRefused(`the message has no ${what}`);
  if (found.length > 1) throw new AssertionRefused(`the message has more than one ${what}`);
  return only;
}

function without(document: TreeNode, assertion: TreeNode): string {
  const siblings = assertion.parent?.children ?? [];
  siblings.splice(siblings.indexOf(assertion), 1);
  return xmlText(document);
}

/** zerohop's choice: a certificate of the trust store that has run out, or is not valid yet, is passed over. */
function compileTrust(
  read: (exchange: Exchange) => unknown,
  compiler: Compiler,
): (exchange: Exchange) => readonly string[] {
  const stores = compiler.keyStores();
  const validity = remembered((cert) => {
    const { validFrom, validTo } = new X509Certificate(cert);
    return { from: Date.parse(validFrom), to: Date.parse(validTo) };
  });
  return (exchange) => {
    const store = stores(textOrUndefined(read(exchange)) ?? '');
    const now = Date.now();
    return [...(store?.aliases.values() ?? [])].flatMap(({ cert }) => {
      if (cert === undefined) return [];
      const { from, to } = validity(cert);
      return now < from || now > to ? [] : [cert];
    });
  };
}

const names = [
  ...['id', 'issuer', 'issueInstant', 'subject', 'subjectFormat', 'scmethod', 'scdaddress', 'scdinresponse', 'scdrcpt'],
  ...['authnSnooa', 'authnContextClassRef', 'authnInstant', 'authnSessionIndex', 'audience', 'valid'],
];

/** What one assertion did not say must not be taken from the one before: every variable is written. */
function variableWriters(
  compiler: Compiler,
): (exchange: Exchange, values: Readonly<Record<string, string | undefined>>) => void {
  const writers = names.map((name) => ({ name, write: compiler.writer(`saml.${name}`) }));
  return (exchange, values) => {
    for (const { name, write } of writers) write(exchange, values[name]);
  };
}
