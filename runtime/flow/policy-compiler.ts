import { join } from 'node:path';
import type { PolicySource, Resource } from '../bundle/bundle.ts';
import { findKeyStore, type KeyStore } from '../bundle/environment.ts';
import type { CalloutConnection, SSLInfoConfig } from '../bundle/target.ts';
import { nearest, type Place } from '../diagnostic.ts';
import { Fault } from '../fault.ts';
import type { Condition } from '../language/condition.ts';
import type { Template } from '../language/template.ts';
import {
  bodyNeed,
  type Reader,
  variableReader,
  variableWriter,
  type Writer,
  writeNeed,
} from '../language/variables.ts';
import type { XPathEngine } from '../language/xpath.ts';
import type { XsdEngine } from '../language/xsd.ts';
import { BodyNeed } from '../message/body-need.ts';
import type { GoogleServices } from '../policies/google-services.ts';
import type { GoogleTokens } from '../policies/google-tokens.ts';
import type { GraphqlEngine } from '../policies/graphql-engine.ts';
import type { GrpcConnection } from '../policies/grpc-connection.ts';
import type { LdapEngine } from '../policies/ldap-engine.ts';
import type { LogFile, LogRotation, SyslogConnection } from '../policies/log-output.ts';
import type { OasEngine } from '../policies/oas-engine.ts';
import type { Attachment, Callout, Compiler, Policy, Step, TemplateRequest } from '../policies/policy.ts';
import type { Tokenizer } from '../policies/prompt-tokenizer.ts';
import type { SamlEngine } from '../policies/saml-engine.ts';
import { unknownPolicy, unsupportedReason } from '../policies/unsupported.ts';
import { checkElement } from '../schema/check.ts';
import type { ScriptEngine, ScriptSource } from '../script/engine.ts';
import type { Answer } from '../state/answer.ts';
import { Caches } from '../state/cache.ts';
import type { Consumers } from '../state/consumers.ts';
import type { Store } from '../state/store.ts';
import { attachmentsOf } from './attachments.ts';
import type { BundleCompiler } from './bundle-compiler.ts';
import type { CompiledPolicy } from './compiled-policy.ts';

/** Checks a policy file against its declaration and compiles it. Mistakes are reported; the step of a faulty one fails. */
export function compilePolicy(source: PolicySource, bundle: BundleCompiler): CompiledPolicy | undefined {
  const policy = bundle.context.policies.get(source.root.name);
  if (policy === undefined) return unsupportedPolicy(source, bundle);
  const compiler = new PolicyCompiler(source.name, bundle);
  const config = checkElement(source.root, policy.declaration, bundle.diagnostics);
  if (config === undefined) return compiled(source, policy.element, policy, undefined, compiler, refuse);
  const step = policy.compile(config, compiler);
  return compiled(source, policy.element, policy, config, compiler, step);
}

interface Common {
  readonly enabled: { readonly text: boolean } | undefined;
  readonly continueOnError: { readonly text: boolean } | undefined;
}

function compiled(
  source: PolicySource,
  element: string,
  policy: Pick<Policy, 'failedPrefixes'>,
  config: Common | undefined,
  compiler: PolicyCompiler,
  step: Step,
): CompiledPolicy {
  const { place } = source.root;
  compiler.finish();
  return {
    name: source.name,
    element,
    enabled: config?.enabled?.text ?? true,
    continueOnError: config?.continueOnError?.text ?? false,
    failedPrefixes: policy.failedPrefixes,
    needs: compiler.needed,
    step,
    file: place.source.file,
    line: place.source.position(place.offset).line,
  };
}

/** The step of a policy whose mistakes were reported; its bundle is not deployed. */
const refuse: Step = () => undefined;

function unsupportedPolicy(source: PolicySource, bundle: BundleCompiler): CompiledPolicy | undefined {
  const { name, place } = source.root;
  const reason = unsupportedReason(name);
  if (reason === undefined) {
    const { message, hint } = unknownPolicy(name, bundle.context.policies.keys());
    bundle.diagnostics.error('PO029', place, message, hint);
    return undefined;
  }
  bundle.diagnostics.warning(
    'ZH020',
    place,
    `${reason.what} Calling the step "${source.name}" raises a fault.`,
    reason.hint,
  );
  const kind = {
    code: `steps.${name.toLowerCase()}.NotSupported`,
    status: 500,
    text: `${name}[${source.name}]: ${reason.what}`,
  };
  const step: Step = () => {
    throw new Fault(kind);
  };
  const attribute = (key: string) =>
    source.root.attributes
      .find((one) => one.name === key)
      ?.value.trim()
      .toLowerCase();
  const config = {
    enabled: { text: attribute('enabled') !== 'false' },
    continueOnError: { text: attribute('continueOnError') === 'true' },
  };
  const failedPrefixes = [name.toLowerCase()];
  return compiled(source, name, { failedPrefixes }, config, new PolicyCompiler(source.name, bundle), step);
}

/** Below the working directory, beside what else the runtime keeps. */
const logFolder = join('.zerohop', 'messagelogging');

/**
 * What a policy sees of the compiler. Its step may keep it, so it lets go of the bundle when compiling is over: the XML
 * of ten thousand proxies would otherwise stay in memory.
 */
class PolicyCompiler implements Compiler {
  readonly name: string;
  readonly bundle: string;
  readonly owner: object;
  readonly organization: string;
  readonly environment: string;
  readonly store: Store;
  readonly caches: Caches;
  readonly consumers: Consumers;
  readonly scripts: ScriptEngine | undefined;
  readonly xpath: XPathEngine | undefined;
  readonly xsd: XsdEngine | undefined;
  readonly oas: OasEngine | undefined;
  readonly graphql: GraphqlEngine | undefined;
  readonly tokenizer: Tokenizer | undefined;
  readonly saml: SamlEngine | undefined;
  readonly ldap: LdapEngine | undefined;
  readonly httpClient: ScriptSource['send'];
  readonly googleTokens: GoogleTokens;
  readonly googleServices: GoogleServices;
  readonly pubsub: GoogleServices;
  needed: BodyNeed = BodyNeed.none;
  #compiling: BundleCompiler | undefined;

  constructor(name: string, parts: BundleCompiler) {
    const { bundle, environment, context } = parts;
    this.name = name;
    this.bundle = bundle.name;
    this.owner = parts.owner;
    this.organization = environment.organization;
    this.environment = environment.name;
    this.store = context.store;
    this.caches = context.caches ?? new Caches(context.store);
    this.consumers = context.consumers;
    this.scripts = context.scripts;
    this.xpath = context.xpath;
    this.xsd = context.xsd;
    this.oas = context.oas;
    this.graphql = context.graphql;
    this.tokenizer = context.tokenizer;
    this.saml = context.saml;
    this.ldap = context.ldap;
    this.httpClient = context.connections.httpClient;
    this.googleTokens = context.connections.googleTokens;
    this.googleServices = context.connections.googleServices;
    this.pubsub = context.connections.pubsub;
    this.#compiling = parts;
  }

  get #bundle(): BundleCompiler {
    if (this.#compiling === undefined) throw new Error(`Policy ${this.name} asks for something after it was compiled`);
    return this.#compiling;
  }

  /** Compiling is over. */
  finish(): void {
    this.#compiling = undefined;
  }

  get siblings(): ReadonlyMap<string, PolicySource> {
    return this.#bundle.bundle.policies;
  }

  attachments(): readonly Attachment[] {
    return attachmentsOf(this.#bundle.bundle, this.name);
  }

  reader(name: string): Reader {
    this.needs(bodyNeed(name));
    const read = variableReader(name);
    return this.#bundle.recorder?.reader(name, read) ?? read;
  }

  writer(name: string): Writer {
    this.needs(writeNeed(name));
    const write = variableWriter(name);
    return this.#bundle.recorder?.writer(name, write) ?? write;
  }

  template(text: string, at: Place, options?: TemplateRequest): Template {
    const template = this.#bundle.template(text, at, options);
    this.needs(template.needs);
    return template;
  }

  condition(text: string, at: Place): Condition | undefined {
    const condition = this.#bundle.condition(text, at);
    if (condition !== undefined) this.needs(condition.needs);
    return condition;
  }

  needs(need: BodyNeed): void {
    this.needed |= need;
  }

  resource(url: string): Resource | undefined {
    return this.#bundle.bundle.resources.get(url) ?? this.#bundle.environment.resources.get(url);
  }

  override(resource: string): Resource | undefined {
    return this.#bundle.context.overrides?.find(this.bundle, this.name, resource);
  }

  resourceNames(type: string): readonly string[] {
    const { bundle, environment } = this.#bundle;
    return [...bundle.resources.values(), ...environment.resources.values()]
      .filter((resource) => resource.type === type)
      .map((resource) => resource.name);
  }

  keyStores(): (name: string) => KeyStore | undefined {
    const { environment } = this.#bundle;
    return (name) => findKeyStore(environment, name);
  }

  callout(connection: CalloutConnection, at: Place, part?: string): Callout | undefined {
    const name = part === undefined ? this.name : `${this.name}.${part}`;
    const callout = this.#bundle.context.connections.callout(name, connection, at, this.#bundle);
    if (callout !== undefined) this.needs(callout.needs);
    return callout;
  }

  grpc(server: string, at: Place): GrpcConnection {
    const { environment, context, diagnostics } = this.#bundle;
    const known = environment.targetServers.get(server);
    if (known === undefined) {
      const [best] = nearest(server, environment.targetServers.keys());
      const hint = best === undefined ? 'Add it to targetservers.json.' : `Did you mean "${best}"?`;
      diagnostics.warning('ZH634', at, `There is no target server "${server}"; every call of it fails.`, hint);
    } else if (known.protocol !== 'GRPC' && known.protocol !== 'EXTERNAL_CALLOUT') {
      const message = `Target server "${server}" has the protocol ${known.protocol}; it is called with gRPC all the same.`;
      diagnostics.warning('ZH634', at, message, 'Give it "protocol": "GRPC".');
    }
    return context.connections.grpc(server, this.#bundle);
  }

  syslog(protocol: 'TCP' | 'UDP', tls: SSLInfoConfig | undefined): SyslogConnection {
    const connection = this.#bundle.context.connections.syslog(protocol, tls, this.#bundle);
    this.needs(connection.needs);
    return connection;
  }

  logFile(name: string, rotation: LogRotation): LogFile {
    const path = join(logFolder, this.#bundle.bundle.name, this.name, name);
    return this.#bundle.context.connections.logFile(path, rotation);
  }

  onDeploy(work: () => Answer<unknown>): void {
    this.#bundle.deployWork.push(work);
  }

  error(code: string, at: Place, message: string, hint?: string): void {
    this.#bundle.diagnostics.error(code, at, message, hint);
  }

  warning(code: string, at: Place, message: string, hint?: string): void {
    this.#bundle.diagnostics.warning(code, at, message, hint);
  }
}
