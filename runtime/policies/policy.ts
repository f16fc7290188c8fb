import type { PolicySource, Resource } from '../bundle/bundle.ts';
import type { KeyStore } from '../bundle/environment.ts';
import type { CalloutConnection, SSLInfoConfig } from '../bundle/target.ts';
import type { Place } from '../diagnostic.ts';
import type { FaultKind } from '../fault.ts';
import type { Condition } from '../language/condition.ts';
import type { Template } from '../language/template.ts';
import type { Reader, Writer } from '../language/variables.ts';
import type { XPathEngine } from '../language/xpath.ts';
import type { XsdEngine } from '../language/xsd.ts';
import type { BodyNeed } from '../message/body-need.ts';
import type { Exchange, Outcome } from '../message/exchange.ts';
import type { Message } from '../message/message.ts';
import { type Config, type ElementType, ignored, type Leaf, type Shape, type ValueType } from '../schema/declare.ts';
import { boolean, text } from '../schema/values.ts';
import type { ScriptEngine, ScriptSource } from '../script/engine.ts';
import type { Answer } from '../state/answer.ts';
import type { Caches } from '../state/cache.ts';
import type { Consumers } from '../state/consumers.ts';
import type { Store } from '../state/store.ts';
import type { GoogleServices } from './google-services.ts';
import type { GoogleTokens } from './google-tokens.ts';
import type { GraphqlEngine } from './graphql-engine.ts';
import type { GrpcConnection } from './grpc-connection.ts';
import type { LdapEngine } from './ldap-engine.ts';
import type { LogFile, LogRotation, SyslogConnection } from './log-output.ts';
import type { OasEngine } from './oas-engine.ts';
import type { Tokenizer } from './prompt-tokenizer.ts';
import type { SamlEngine } from './saml-engine.ts';

/** A compiled policy attachment, or any other thing that a flow does. Throws a Fault (or rejects with one) to fail. */
export type Step = (exchange: Exchange) => Outcome;

/** A policy: what its element may hold, what it can raise, and what it becomes. */
export interface Policy<S extends Shape = Shape> {
  /** The element's name; also the name of the file, the XSD, the test and the docs page. */
  readonly element: string;
  /** Prefixes of `PREFIX.POLICY.failed`; none when the policy sets no such variable. */
  readonly failedPrefixes: readonly string[];
  /** Attributes besides those every policy has. */
  readonly attributes: Attributes;
  readonly children: S;
  /** The whole root element: what every policy may hold, and its own. */
  readonly declaration: ElementType<PolicyConfig<S> & CommonConfig>;
  /** Every fault it can raise. Documented in docs/policies/ELEMENT.md. */
  readonly faults: Readonly<Record<string, FaultKind>>;
  /** Checks what a declaration cannot say, and gives the step. Mistakes go to `compiler.error` and `compiler.warning`. */
  compile(config: PolicyConfig<S>, compiler: Compiler): Step;
}

type Attributes = Readonly<Record<string, ValueType<unknown>>>;

/** A policy's configuration: its own attributes, its children, and the place of its element. */
export type PolicyConfig<S extends Shape, A extends Attributes = Attributes> = {
  readonly at: Place;
} & AttributeLeaves<A> &
  Config<S>;

/** A message connection that ServiceCallout can send a request over. Target implements it. */
export interface Callout {
  /**
   * Sends `request` on behalf of `exchange` and gives the response, whatever its status, payload in memory.
   * @param detached nobody waits for it: it goes on when the client has gone
   * @throws Fault when there is no response: not reachable, timed out, cut off, loop detected
   */
  send(
    exchange: Exchange,
    request: Message,
    timeoutMilliseconds: number,
    detached?: boolean,
  ): Message | Promise<Message>;
  /** The URL as configured, for `servicecallout.NAME.target.url`; undefined for a local target without one. */
  url(exchange: Exchange): string | undefined;
  /** Whether a status counts as an error (`success.codes`). */
  isError(status: number): boolean;
  readonly needs: BodyNeed;
}

/** A Step that names a policy. */
export interface Attachment {
  readonly endpoint: 'proxy' | 'target' | 'sharedflow';
  /** `steps`: of a shared flow, which does not say what it runs in. */
  readonly part: 'request' | 'response' | 'postClient' | 'faultRule' | 'defaultFaultRule' | 'steps';
  /** Of the Step. */
  readonly at: Place;
}

/** What a policy may ask for while it is compiled. Flow implements it. */
export interface Compiler {
  /** The policy's name. */
  readonly name: string;
  /** The bundle's name, for scopes and keys. */
  readonly bundle: string;
  /** Stands for this deployment of the bundle: what is kept for its policies together goes with it. */
  readonly owner?: object;
  readonly organization: string;
  readonly environment: string;
  readonly store: Store;
  readonly caches: Caches;
  /** The policies of this bundle by name, as they are written. */
  readonly siblings: ReadonlyMap<string, PolicySource>;
  /** API products, developers, apps and their keys, as they are at the moment they are asked for. */
  readonly consumers: Consumers;
  /** Undefined unless some bundle of the deployment has a script. */
  readonly scripts: ScriptEngine | undefined;
  /** Sends the requests of scripts. */
  readonly httpClient: ScriptSource['send'];
  /** Tokens for calls of Google's services. */
  readonly googleTokens: GoogleTokens;
  readonly googleServices: GoogleServices;
  /** Pub/Sub, at Google or where an emulator of it is. */
  readonly pubsub: GoogleServices;
  /** Undefined unless some bundle of the deployment uses XPath. */
  readonly xpath: XPathEngine | undefined;
  /** Undefined unless some bundle of the deployment validates by a schema. */
  readonly xsd: XsdEngine | undefined;
  /** Undefined unless some bundle of the deployment validates by an OpenAPI document. */
  readonly oas: OasEngine | undefined;
  /** Undefined unless some bundle of the deployment has a GraphQL policy. */
  readonly graphql: GraphqlEngine | undefined;
  /** Undefined unless some bundle of the deployment counts the tokens of prompts. */
  readonly tokenizer: Tokenizer | undefined;
  /** Undefined unless some bundle of the deployment signs or validates SAML assertions. */
  readonly saml: SamlEngine | undefined;
  /** Undefined unless some bundle of the deployment has an Ldap policy. */
  readonly ldap: LdapEngine | undefined;

  /** A flow variable's reader; marks the payload it needs. */
  reader(name: string): Reader;
  writer(name: string): Writer;
  /** A message template. `unresolved` is called for a variable that has no value, to throw; absent: empty text. */
  template(text: string, at: Place, options?: TemplateRequest): Template;
  /** A condition, mistakes reported at their place; undefined when there were any. */
  condition(text: string, at: Place): Condition | undefined;
  /** Marks payloads that this step must find in memory when it runs. */
  needs(need: BodyNeed): void;
  /** A resource by URL (`jsc://file.js`): the proxy's, then the environment's. Undefined when it is not there. */
  resource(url: string): Resource | undefined;
  /**
   * The script that the overrides directory has for this policy; undefined when there is none.
   * @param resource file of the policy's own resource, such as `check.py`
   */
  override(resource: string): Resource | undefined;
  /** All names of resources of a type, for "did you mean". */
  resourceNames(type: string): readonly string[];
  /** Looks up key stores and trust stores of the environment, by name or `ref://NAME`; while the plan serves as well. */
  keyStores(): (name: string) => KeyStore | undefined;
  /**
   * A connection for a callout, from its HTTPTargetConnection or LocalTargetConnection; mistakes are reported.
   * @param part tells several callouts of one policy apart: theirs are the variables `servicecallout.NAME.PART.target.url`
   */
  callout(connection: CalloutConnection, at: Place, part?: string): Callout | undefined;

  /** A gRPC server, by the name of its target server; one that is not there is reported. */
  grpc(server: string, at: Place): GrpcConnection;

  /** A way to syslog servers; mistakes in its TLS settings are reported. */
  syslog(protocol: 'TCP' | 'UDP', tls: SSLInfoConfig | undefined): SyslogConnection;
  /** A log file of this bundle, opened with its first line. `name` is a file name without folders. */
  logFile(name: string, rotation: LogRotation): LogFile;

  /** Where the bundle attaches this policy, in the order of its files. */
  attachments(): readonly Attachment[];

  /** Work for the moment the bundle is deployed: not done for one that is only checked, or refused. */
  onDeploy(work: () => Answer<unknown>): void;

  /** A mistake that keeps the bundle from being deployed. */
  error(code: string, at: Place, message: string, hint?: string): void;
  warning(code: string, at: Place, message: string, hint?: string): void;
}

export interface TemplateRequest {
  readonly unresolved?: ((name: string) => never) | undefined;
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
}

/** Makes a policy from its declaration, so that `compile` sees the exact type of its configuration. */
export function policy<S extends Shape, A extends Attributes = Record<never, never>>(definition: {
  readonly element: string;
  readonly failedPrefix?: string | readonly string[];
  readonly attributes?: A;
  readonly children: S;
  readonly faults: Readonly<Record<string, FaultKind>>;
  compile(config: PolicyConfig<S, A> & CommonConfig, compiler: Compiler): Step;
}): Policy {
  const compile = definition.compile as unknown as Policy['compile'];
  const { attributes = {}, children } = definition;
  return {
    element: definition.element,
    failedPrefixes: definition.failedPrefix === undefined ? [] : [definition.failedPrefix].flat(),
    attributes,
    children,
    declaration: {
      kind: 'element',
      content: undefined,
      attributes: { ...commonAttributes, ...attributes },
      children: { ...commonChildren, ...children },
    },
    faults: definition.faults,
    compile: (config, compiler) => compile(config, compiler),
  };
}

type AttributeLeaves<A extends Attributes> = {
  readonly [K in keyof A]: A[K] extends ValueType<infer T> ? Leaf<T> | undefined : never;
};

/** What all policies have. Apigee: policy reference, common attributes. */
const commonAttributes = { name: text, enabled: boolean, continueOnError: boolean, async: text, version: text };
const commonChildren = { DisplayName: ignored, Description: ignored, Properties: ignored, FaultRules: ignored };

export interface CommonConfig {
  readonly enabled: Leaf<boolean> | undefined;
  readonly continueOnError: Leaf<boolean> | undefined;
}
