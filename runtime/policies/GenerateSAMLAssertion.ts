import { createPrivateKey } from 'node:crypto';
import { Fault } from '../fault.ts';
import { TransformationFailure } from '../language/xslt/failure.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import { type ConfigOf, element, markup, valueOrRef } from '../schema/declare.ts';
import { boolean, oneOf, text, variable } from '../schema/values.ts';
import { XmlRefused } from '../xml/events.ts';
import { readTree, type TreeNode } from '../xml/tree.ts';
import { remembered } from './key-text.ts';
import { compileValue, textOrUndefined } from './map-key.ts';
import { isDecoded, isXml } from './payload-text.ts';
import { type Compiler, policy } from './policy.ts';
import { resultWriter } from './result-variable.ts';
import { isAssertion } from './saml-assertion.ts';
import { plainAssertion, readyToSign } from './saml-draft.ts';
import { exclusive, inclusive } from './saml-engine.ts';
import { xmlText } from './saml-signature.ts';
import { compileSelect, namespaces } from './saml-xpath.ts';

const faults = {
  notXml: {
    code: 'steps.saml.generate.InvalidMediaTpe',
    status: 500,
    text: 'GenerateSAMLAssertion: Invalid media type',
  },
  unresolved: {
    code: 'steps.saml.generate.UnresolvedVariable',
    status: 500,
    text: 'GenerateSAMLAssertion: a variable has no value',
  },
  failed: {
    code: 'steps.saml.generate.GenerationFailed',
    status: 500,
    text: 'GenerateSAMLAssertion: the assertion cannot be made',
  },
};

const value = valueOrRef(text);

const output = element({
  attributes: { name: variable },
  children: { Namespaces: namespaces, XPath: text },
});

/** Makes a signed SAML assertion. Apigee: SAMLAssertion policy reference. */
export const GenerateSAMLAssertion = policy({
  element: 'GenerateSAMLAssertion',
  failedPrefix: 'GenerateSAMLAssertion',
  attributes: { ignoreContentType: boolean },
  children: {
    CanonicalizationAlgorithm: text,
    Issuer: value,
    KeyStore: element({ children: { Name: value, Alias: value } }),
    OutputVariable: element({ children: { FlowVariable: variable, Message: output } }),
    SignatureAlgorithm: oneOf('SHA1', 'SHA256'),
    Subject: value,
    Template: markup({ ignoreUnresolvedVariables: boolean }),
  },
  faults,
  compile(config, compiler) {
    const prefix = `GenerateSAMLAssertion[${compiler.name}]: `;
    const fail = (reason: string): never => {
      throw new Fault(faults.failed, `${prefix}${reason}`);
    };
    const { Issuer, Subject, OutputVariable } = config;
    if (isEmpty(Issuer)) {
      const message = 'GenerateSAMLAssertion has no issuer (NullIssuer).';
      compiler.error('ZH600', Issuer?.at ?? config.at, message, 'Add <Issuer>NAME</Issuer>.');
    }
    const issuer = Issuer === undefined ? () => '' : compileValue(Issuer, compiler);
    const subject = Subject === undefined ? () => undefined : compileValue(Subject, compiler);
    const key = compileKey(config.KeyStore, config.at, compiler, fail);
    const draft =
      compileDraft(config.Template, compiler, prefix) ??
      ((exchange: Exchange) =>
        plainAssertion(textOrUndefined(issuer(exchange)) ?? '', textOrUndefined(subject(exchange))));
    const put = compileOutput(OutputVariable, config.at, compiler, fail);
    const algorithm = config.SignatureAlgorithm?.text ?? 'SHA256';
    const canonicalization = canonicalizationOf(config.CanonicalizationAlgorithm, compiler);
    const { saml: engine } = compiler;
    if (engine === undefined) throw new Error('The SAML engine has not been loaded');
    const ignoresType = config.ignoreContentType?.text ?? false;
    const read = compiler.reader(OutputVariable?.Message?.name?.text ?? 'message');
    return (exchange) => {
      const message = read(exchange);
      if (!ignoresType && message instanceof Message && !isXml(message)) {
        throw new Fault(faults.notXml, `${prefix}Invalid media type`);
      }
      const pair = key(exchange);
      try {
        const ready = readyToSign(draft(exchange));
        put(exchange, engine.sign(ready.xml, { ...pair, ...ready, algorithm, canonicalization }));
      } catch (error) {
        if (error instanceof XmlRefused || error instanceof TransformationFailure) fail(error.message);
        throw error;
      }
    };
  },
});

type Value = ConfigOf<typeof value>;
type At = Parameters<Compiler['error']>[1];

function isEmpty(config: Value | undefined): boolean {
  return config === undefined || (config.ref === undefined && (config.text ?? '') === '');
}

function compileDraft(
  config:
    | {
        readonly text: string | undefined;
        readonly textAt: At;
        readonly ignoreUnresolvedVariables: { readonly text: boolean } | undefined;
      }
    | undefined,
  compiler: Compiler,
  prefix: string,
): ((exchange: Exchange) => string) | undefined {
  if (config === undefined || (config.text ?? '').trim() === '') return undefined;
  const unresolved = (name: string): never => {
    throw new Fault(faults.unresolved, `${prefix}The variable ${name} has no value`);
  };
  const ignores = config.ignoreUnresolvedVariables?.text ?? false;
  return compiler.template(config.text ?? '', config.textAt, ignores ? {} : { unresolved }).render;
}

interface KeyPair {
  readonly key: string;
  readonly certificate: string;
}

function compileKey(
  config: { readonly at: At; readonly Name: Value | undefined; readonly Alias: Value | undefined } | undefined,
  at: At,
  compiler: Compiler,
  fail: (reason: string) => never,
): (exchange: Exchange) => KeyPair {
  if (config?.Name === undefined || isEmpty(config.Name)) {
    const message = 'GenerateSAMLAssertion names no key store (NullKeyStore).';
    compiler.error(
      'ZH601',
      config?.at ?? at,
      message,
      'Add <KeyStore><Name>STORE</Name><Alias>KEY</Alias></KeyStore>.',
    );
  }
  if (config?.Alias === undefined || isEmpty(config.Alias)) {
    const message = 'GenerateSAMLAssertion names no alias of its key store (NullKeyStoreAlias).';
    compiler.error('ZH601', config?.at ?? at, message, 'Add <Alias>KEY</Alias> to <KeyStore>.');
  }
  if (config?.Name === undefined || config.Alias === undefined) return () => fail('there is no key');
  const name = compileValue(config.Name, compiler);
  const alias = compileValue(config.Alias, compiler);
  const stores = compiler.keyStores();
  const typeOf = remembered((key) => createPrivateKey(key).asymmetricKeyType);
  return (exchange) => {
    const [store, entry] = [textOrUndefined(name(exchange)) ?? '', textOrUndefined(alias(exchange)) ?? ''];
    const found = stores(store)?.aliases.get(entry);
    if (found?.key === undefined || found.cert === undefined) {
      return fail(`The key store "${store}" has no key and certificate of the alias "${entry}"`);
    }
    // Signing with a key of another type would make something that is no RSA signature, and call it one.
    if (typeOf(found.key) !== 'rsa') return fail(`The key of the alias "${entry}" is no RSA key`);
    return { key: found.key, certificate: found.cert };
  };
}

function canonicalizationOf(
  config: { readonly text: string; readonly at: At } | undefined,
  compiler: Compiler,
): string {
  const written = config?.text ?? '';
  if (config === undefined || written === '' || written === exclusive) return exclusive;
  if (written === inclusive) return inclusive;
  const message = `The canonicalization "${written}" does not run here.`;
  compiler.error('ZH602', config.at, message, `Write ${exclusive} or ${inclusive}, or leave it empty.`);
  return exclusive;
}

interface Outputs {
  readonly FlowVariable: { readonly text: string } | undefined;
  readonly Message: ConfigOf<typeof output> | undefined;
}

/** Where the assertion goes: a variable, an element of a message, or both. */
function compileOutput(
  config: Outputs | undefined,
  at: At,
  compiler: Compiler,
  fail: (reason: string) => never,
): (exchange: Exchange, assertion: string) => void {
  const flow = config?.FlowVariable;
  const write = flow === undefined ? undefined : resultWriter(flow.text, faults.failed, compiler);
  const target = config?.Message;
  if (write === undefined && target === undefined) {
    const hint = 'Add <OutputVariable><FlowVariable>NAME</FlowVariable></OutputVariable>.';
    compiler.error('ZH603', at, 'GenerateSAMLAssertion does not say where the assertion goes.', hint);
  }
  const insert = target === undefined ? undefined : compileInsert(target, compiler, fail);
  return (exchange, assertion) => {
    write?.(exchange, assertion);
    insert?.(exchange, assertion);
  };
}

function compileInsert(
  config: ConfigOf<typeof output>,
  compiler: Compiler,
  fail: (reason: string) => never,
): (exchange: Exchange, assertion: string) => void {
  const name = config.name?.text ?? 'message';
  const read = compiler.reader(name);
  const path = config.XPath;
  const select = path === undefined ? undefined : compileSelect(path, config.Namespaces, compiler);
  return (exchange, assertion) => {
    const message = read(exchange);
    if (!(message instanceof Message)) return fail(`The message ${name} is not available`);
    // zerohop's choice: without a path the assertion is the payload.
    if (select === undefined) {
      message.content = assertion;
      return;
    }
    if (!isDecoded(message, message.content)) return fail('The payload is not UTF-8 text');
    const document = readTree(message.content, { next: 0 });
    const [parent] = select(document);
    if (parent === undefined) return fail(`The message has no element at ${path?.text ?? ''}`);
    parent.children.push(rootOf(readTree(assertion, { next: 0 })));
    message.content = xmlText(document);
  };
}

function rootOf(document: TreeNode): TreeNode {
  const root = document.children.find(isAssertion);
  if (root === undefined) throw new TransformationFailure('What was signed is no assertion');
  return root;
}
