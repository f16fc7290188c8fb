import type { Bundle } from '../bundle/bundle.ts';
import type { Environment } from '../bundle/environment.ts';
import type { Overrides } from '../bundle/overrides.ts';
import type { PlanRecorder } from '../debug/plan-recorder.ts';
import { type Diagnostics, type Place, placeWithin } from '../diagnostic.ts';
import { type Condition, compileCondition } from '../language/condition.ts';
import { compileTemplate, type Template } from '../language/template.ts';
import type { XPathEngine } from '../language/xpath.ts';
import type { XsdEngine } from '../language/xsd.ts';
import type { GraphqlEngine } from '../policies/graphql-engine.ts';
import type { LdapEngine } from '../policies/ldap-engine.ts';
import type { OasEngine } from '../policies/oas-engine.ts';
import type { Policy, TemplateRequest } from '../policies/policy.ts';
import type { Tokenizer } from '../policies/prompt-tokenizer.ts';
import type { SamlEngine } from '../policies/saml-engine.ts';
import type { ScriptEngine } from '../script/engine.ts';
import type { Answer } from '../state/answer.ts';
import type { Caches } from '../state/cache.ts';
import type { Consumers } from '../state/consumers.ts';
import type { Store } from '../state/store.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import type { ConnectionCompiler, Connections } from './connections.ts';
import { compilePolicy } from './policy-compiler.ts';

/** What all bundles of a deployment are compiled with. */
export interface CompileContext {
  readonly environment: Environment;
  readonly store: Store;
  /** The server's, whose bound is one for all proxies; absent: caches that no request will use. */
  readonly caches?: Caches | undefined;
  readonly consumers: Consumers;
  /** Undefined unless some bundle has a script. */
  readonly scripts: ScriptEngine | undefined;
  /** Undefined unless some bundle uses XPath. */
  readonly xpath: XPathEngine | undefined;
  /** Undefined unless some bundle validates by a schema. */
  readonly xsd: XsdEngine | undefined;
  /** Undefined unless some bundle validates by an OpenAPI document. */
  readonly oas: OasEngine | undefined;
  /** Undefined unless some bundle has a GraphQL policy. */
  readonly graphql: GraphqlEngine | undefined;
  /** Absent unless some bundle counts the tokens of prompts. */
  readonly tokenizer?: Tokenizer | undefined;
  /** Undefined unless some bundle signs or validates SAML assertions. */
  readonly saml: SamlEngine | undefined;
  /** Undefined unless some bundle has an Ldap policy. */
  readonly ldap: LdapEngine | undefined;
  readonly policies: ReadonlyMap<string, Policy>;
  /** Scripts for policies that cannot run here; undefined when there is no directory of them. */
  readonly overrides?: Overrides | undefined;
  readonly connections: Connections;
}

/** Compiles what the endpoints and shared flows of one bundle have in common: policies, conditions, templates. */
export class BundleCompiler implements ConnectionCompiler {
  readonly bundle: Bundle;
  readonly context: CompileContext;
  readonly diagnostics: Diagnostics;
  /** Stands for this deployment of the bundle; what belongs to it goes when it is gone. */
  readonly owner: object = {};
  /** Whether some policy's duration is read by a flow variable. */
  readonly timed: boolean;
  /** What notes each step of a call; undefined in all plans but those of debug sessions. */
  readonly recorder: PlanRecorder | undefined;
  /** Names of the ResponseCache policies: what they skip when they hit is a matter of the flows (resume.ts). */
  readonly responseCaches: ReadonlySet<string>;
  /** To be done once the bundle turns out to have no mistakes. */
  readonly deployWork: (() => Answer<unknown>)[] = [];
  readonly #policies = new Map<string, CompiledPolicy | undefined>();
  readonly #attached = new Set<string>();

  constructor(
    bundle: Bundle,
    context: CompileContext,
    diagnostics: Diagnostics,
    timed: boolean,
    recorder?: PlanRecorder,
  ) {
    this.bundle = bundle;
    this.context = context;
    this.diagnostics = diagnostics;
    this.timed = timed;
    this.recorder = recorder;
    const caching = [...bundle.policies.values()].filter(({ root }) => root.name === 'ResponseCache');
    this.responseCaches = new Set(caching.map(({ name }) => name));
  }

  get environment(): Environment {
    return this.context.environment;
  }

  /** The compiled policy of that name; undefined when the bundle has none. */
  policy(name: string): CompiledPolicy | undefined {
    this.#attached.add(name);
    return this.#compiled(name);
  }

  /** Compiles what no step names as well, so that its mistakes are seen, and reports it as unattached. */
  finish(): void {
    for (const [name, source] of this.bundle.policies) {
      this.#compiled(name);
      // A faulty endpoint file may hold the step.
      if (this.#attached.has(name) || this.bundle.unreadable.size > 0) continue;
      const message = `Policy "${name}" is not attached to any flow.`;
      this.diagnostics.warning('BN005', source.root.place, message, 'Attach it with a Step, or delete the file.');
    }
  }

  /** A condition, its mistakes reported at their place. */
  condition(text: string, at: Place): Condition | undefined {
    const compiled = compileCondition(text);
    if (Array.isArray(compiled)) {
      for (const problem of compiled) {
        const place = placeWithin(at, problem.index, problem.length);
        const message = `This condition cannot be read: ${problem.message}.`;
        this.diagnostics.error(
          'CC007',
          place,
          message,
          problem.hint === undefined ? undefined : sentence(problem.hint),
        );
      }
      return undefined;
    }
    for (const { index, length, message, hint } of compiled.warnings) {
      this.diagnostics.warning('ZH017', placeWithin(at, index, length), message, hint);
    }
    if (compiled.constant !== undefined && text.trim() !== '' && !/^\s*(true|false)\s*$/i.test(text)) {
      this.diagnostics.warning('CC006', at, `This condition is always ${compiled.constant}.`);
    }
    return this.recorder?.condition(compiled) ?? compiled;
  }

  template(text: string, at: Place, request: TemplateRequest = {}): Template {
    const template = compileTemplate(text, {
      xpath: this.context.xpath,
      ...(request.unresolved === undefined ? {} : { unresolved: request.unresolved }),
      ...(request.prefix === undefined ? {} : { prefix: request.prefix }),
      ...(request.suffix === undefined ? {} : { suffix: request.suffix }),
    });
    for (const { index, length, message } of template.warnings) {
      this.diagnostics.warning('ZH016', placeWithin(at, index, length), message);
    }
    return this.recorder?.template(template) ?? template;
  }

  #compiled(name: string): CompiledPolicy | undefined {
    if (this.#policies.has(name)) return this.#policies.get(name);
    const source = this.bundle.policies.get(name);
    const compiled = source === undefined ? undefined : compilePolicy(source, this);
    this.#policies.set(name, compiled);
    return compiled;
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?]$/.test(text) ? '' : '.'}`;
}
