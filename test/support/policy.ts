import { type Diagnostic, Diagnostics, placeWithin, Source } from '../../runtime/diagnostic.ts';
import { Fault } from '../../runtime/fault.ts';
import { compileCondition } from '../../runtime/language/condition.ts';
import { compileTemplate } from '../../runtime/language/template.ts';
import { bodyNeed, variableReader, variableWriter, writeNeed } from '../../runtime/language/variables.ts';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import type { Exchange } from '../../runtime/message/exchange.ts';
import type { Compiler, Policy, Step } from '../../runtime/policies/policy.ts';
import { checkElement } from '../../runtime/schema/check.ts';
import { Caches } from '../../runtime/state/cache.ts';
import { Consumers } from '../../runtime/state/consumers.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import { noGoogleTokens } from '../../runtime/target/google-tokens.ts';
import { parseXml } from '../../runtime/xml/parse.ts';

export interface PolicyOptions {
  /** Texts of resources, by `TYPE://NAME`. */
  readonly resources?: Readonly<Record<string, string>>;
  /** Replaces parts of the compiler, such as `store`, `callout`, `scripts`, `xpath`, `httpClient`. */
  readonly compiler?: Partial<Compiler>;
}

export interface PolicyUnderTest {
  /** Refuses to run when the policy has mistakes. */
  readonly step: Step;
  /** Payloads the policy needs in memory. */
  readonly needs: BodyNeed;
  readonly diagnostics: readonly Diagnostic[];
  /** Does what the policy does at the moment of deployment. */
  readonly deploy: () => Promise<void>;
}

/** Checks and compiles a policy the way a deployment does, around plain data in place of a bundle. */
export function compilePolicy(policy: Policy, xml: string, options: PolicyOptions = {}): PolicyUnderTest {
  const diagnostics = new Diagnostics();
  const root = parseXml(new Source('policies/test.xml', xml), diagnostics);
  const config = root === undefined ? undefined : checkElement(root, policy.declaration, diagnostics);
  if (root === undefined || config === undefined) {
    const deploy = () => Promise.resolve();
    return { step: () => refuse(diagnostics), needs: BodyNeed.none, diagnostics: diagnostics.list, deploy };
  }
  const needed = { body: BodyNeed.none as BodyNeed };
  const name = root.attributes.find((one) => one.name === 'name')?.value ?? 'unnamed';
  const deployWork: (() => unknown)[] = [];
  const step = policy.compile(config, {
    ...plainCompiler(name, diagnostics, needed, options),
    onDeploy: (work) => deployWork.push(work),
    ...options.compiler,
  });
  return {
    step: (exchange) => (diagnostics.errorCount > 0 ? refuse(diagnostics) : step(exchange)),
    get needs() {
      return needed.body;
    },
    diagnostics: diagnostics.list,
    deploy: async () => {
      for (const work of deployWork) await work();
    },
  };
}

/** The fault that a step ends in. Fails when it ends in none, or in another error. */
export async function faultOf(step: Step, exchange: Exchange): Promise<Fault> {
  try {
    await step(exchange);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('The step raised no fault');
}

function refuse(diagnostics: Diagnostics): never {
  throw new Error(`The policy has mistakes: ${diagnostics.list.map((one) => one.message).join(' ')}`);
}

function plainCompiler(
  name: string,
  diagnostics: Diagnostics,
  needed: { body: BodyNeed },
  options: PolicyOptions,
): Omit<Compiler, 'onDeploy'> {
  const resources = new Map(Object.entries(options.resources ?? {}));
  const needs = (need: BodyNeed): void => {
    needed.body |= need;
  };
  const store = options.compiler?.store ?? new MemoryStore();
  return {
    name,
    bundle: 'weather',
    organization: 'org',
    environment: 'test',
    store,
    caches: new Caches(store),
    siblings: new Map(),
    consumers: new Consumers(),
    scripts: undefined,
    googleTokens: noGoogleTokens,
    googleServices: { canBeCalled: false, post: () => Promise.reject(new Error('This test has no Google services')) },
    grpc: () => {
      throw new Error('This test has no gRPC servers');
    },
    pubsub: { canBeCalled: false, post: () => Promise.reject(new Error('This test has no Pub/Sub')) },
    httpClient: () => Promise.reject(new Error('This test has no HTTP client')),
    xpath: undefined,
    xsd: undefined,
    oas: undefined,
    graphql: undefined,
    tokenizer: undefined,
    saml: undefined,
    ldap: undefined,
    keyStores: () => () => undefined,
    reader: (variable) => {
      needs(bodyNeed(variable));
      return variableReader(variable);
    },
    writer: (variable) => {
      needs(writeNeed(variable));
      return variableWriter(variable);
    },
    template: (text, at, request = {}) => {
      const template = compileTemplate(text, { ...request, xpath: options.compiler?.xpath });
      for (const { index, length, message } of template.warnings) {
        diagnostics.warning('ZH016', placeWithin(at, index, length), message);
      }
      needs(template.needs);
      return template;
    },
    condition: (text, at) => {
      const condition = compileCondition(text);
      if (Array.isArray(condition)) {
        for (const { index, length, message, hint } of condition) {
          diagnostics.error('CC007', placeWithin(at, index, length), message, hint);
        }
        return undefined;
      }
      needs(condition.needs);
      return condition;
    },
    needs,
    resource: (url) => {
      const text = resources.get(url);
      const [type = '', file = ''] = url.split('://');
      return text === undefined
        ? undefined
        : { type, name: file, file: `resources/${type}/${file}`, bytes: Buffer.from(text) };
    },
    override: () => undefined,
    resourceNames: (type) =>
      [...resources.keys()].filter((url) => url.startsWith(`${type}://`)).map((url) => url.slice(type.length + 3)),
    callout: () => undefined,
    attachments: () => [],
    syslog: () => {
      throw new Error('This test has no syslog server');
    },
    logFile: () => {
      throw new Error('This test has no log file');
    },
    error: (code, at, message, hint) => diagnostics.error(code, at, message, hint),
    warning: (code, at, message, hint) => diagnostics.warning(code, at, message, hint),
  };
}
