import type { Bundle } from '../bundle/bundle.ts';
import type { Overrides } from '../bundle/overrides.ts';
import { loadXPath, type XPathEngine } from '../language/xpath.ts';
import { loadXsd, type XsdEngine } from '../language/xsd.ts';
import { type GraphqlEngine, loadGraphql } from '../policies/graphql-engine.ts';
import { type LdapEngine, loadLdap } from '../policies/ldap-engine.ts';
import { loadOas, type OasEngine } from '../policies/oas-engine.ts';
import { loadTokenizer, type Tokenizer } from '../policies/prompt-tokenizer.ts';
import { loadSaml, type SamlEngine } from '../policies/saml-engine.ts';
import { createScriptEngine } from '../script/create.ts';
import type { ScriptEngine } from '../script/engine.ts';

/** Engines that cost start time and memory: loaded when the first bundle asks for one, and kept. */
export class Engines {
  /** Scripts for policies that cannot run here. */
  readonly overrides: Overrides | undefined;
  readonly #kind: 'quickjs' | 'vm';
  #scripts: Promise<ScriptEngine> | undefined;
  #xpath: Promise<XPathEngine> | undefined;
  #xsd: Promise<XsdEngine> | undefined;
  #oas: Promise<OasEngine> | undefined;
  #graphql: Promise<GraphqlEngine> | undefined;
  #tokenizer: Promise<Tokenizer> | undefined;
  #saml: Promise<SamlEngine> | undefined;
  #ldap: Promise<LdapEngine> | undefined;

  constructor(kind: 'quickjs' | 'vm', overrides?: Overrides) {
    this.#kind = kind;
    this.overrides = overrides;
  }

  async scripts(bundles: readonly Bundle[]): Promise<ScriptEngine | undefined> {
    const elements = this.overrides === undefined ? ['Javascript'] : ['Javascript', 'Script', 'JavaCallout'];
    if (bundles.some((bundle) => hasScript(bundle, elements))) this.#scripts ??= createScriptEngine(this.#kind);
    return this.#scripts;
  }

  async xpath(bundles: readonly Bundle[]): Promise<XPathEngine | undefined> {
    if (bundles.some((bundle) => textsOf(bundle).some((text) => /xpath/i.test(text)))) return this.forXPath();
    return this.#xpath;
  }

  forXPath(): Promise<XPathEngine> {
    this.#xpath ??= loadXPath();
    return this.#xpath;
  }

  async xsd(bundles: readonly Bundle[]): Promise<XsdEngine | undefined> {
    if (bundles.some((bundle) => hasPolicy(bundle, 'MessageValidation', /\b(?:xsd|wsdl):/))) this.#xsd ??= loadXsd();
    return this.#xsd;
  }

  async oas(bundles: readonly Bundle[]): Promise<OasEngine | undefined> {
    if (bundles.some((bundle) => hasPolicy(bundle, 'OASValidation', /oas:|\{/))) this.#oas ??= loadOas();
    return this.#oas;
  }

  async graphql(bundles: readonly Bundle[]): Promise<GraphqlEngine | undefined> {
    if (bundles.some((bundle) => hasPolicy(bundle, 'GraphQL', /^/))) this.#graphql ??= loadGraphql();
    return this.#graphql;
  }

  async tokenizer(bundles: readonly Bundle[]): Promise<Tokenizer | undefined> {
    if (bundles.some((bundle) => hasPolicy(bundle, 'PromptTokenLimit', /^/))) this.#tokenizer ??= loadTokenizer();
    return this.#tokenizer;
  }

  async saml(bundles: readonly Bundle[]): Promise<SamlEngine | undefined> {
    const policies = ['GenerateSAMLAssertion', 'ValidateSAMLAssertion'];
    if (bundles.some((bundle) => policies.some((one) => hasPolicy(bundle, one, /^/)))) this.#saml ??= loadSaml();
    return this.#saml;
  }

  async ldap(bundles: readonly Bundle[]): Promise<LdapEngine | undefined> {
    if (bundles.some((bundle) => hasPolicy(bundle, 'Ldap', /^/))) this.#ldap ??= loadLdap();
    return this.#ldap;
  }

  async close(): Promise<void> {
    (await this.#scripts)?.close();
    await (await this.#ldap)?.close();
  }
}

function hasScript(bundle: Bundle, elements: readonly string[]): boolean {
  return [...bundle.policies.values()].some((policy) => elements.includes(policy.root.name));
}

/** Whether the bundle has a policy of that element, with something in its text. */
function hasPolicy(bundle: Bundle, element: string, text: RegExp): boolean {
  return [...bundle.policies.values()].some(({ root }) => root.name === element && text.test(root.place.source.text));
}

/** The XML texts in which an XPath may stand: policies, and the templates of endpoints. */
function textsOf(bundle: Bundle): string[] {
  return [
    ...[...bundle.policies.values()].map((policy) => policy.root.place.source.text),
    ...bundle.targetEndpoints.map((endpoint) => endpoint.at.source.text),
  ];
}

/** Whether some policy's duration (`apigee.metrics.policy.NAME.timeTaken`) is read anywhere in the bundle. */
export function readsDurations(bundle: Bundle): boolean {
  const mark = 'apigee.metrics.policy';
  return (
    textsOf(bundle).some((text) => text.includes(mark)) ||
    bundle.proxyEndpoints.some((endpoint) => endpoint.at.source.text.includes(mark)) ||
    bundle.sharedFlows.some((flow) => flow.at.source.text.includes(mark)) ||
    [...bundle.resources.values()].some(({ type, bytes }) => type === 'jsc' && Buffer.from(bytes).includes(mark))
  );
}
