import { type Endpoint, type Exchange, type Outcome, Phase } from '../message/exchange.ts';
import type { Step } from '../policies/policy.ts';
import type { LocalCall } from './target.ts';

/** What a ProxyEndpoint is compiled to. */
export interface EndpointProgram {
  /** Everything from the first step to the answer; its faults are handled inside. */
  readonly run: Step;
  /** PostClientFlow; undefined when there is none. */
  readonly finish: Step | undefined;
  readonly faultRules: Step | undefined;
  /** Milliseconds a whole call may take (`api.timeout`); 0 = no bound. */
  readonly timeout: number;
}

/** Makes the program of an endpoint that is not compiled yet. @throws Fault when it turns out that it cannot serve */
export type Wake = () => Promise<EndpointProgram>;

/** A deployed ProxyEndpoint. What a call needs may be compiled with the first one. */
export class CompiledEndpoint implements Endpoint {
  readonly proxy: string;
  readonly revision: string;
  readonly name: string;
  readonly basePath: string;
  readonly properties: ReadonlyMap<string, string>;
  readonly requestLimit: number;
  /** Literal local calls of all its targets and callouts. */
  readonly calls: readonly LocalCall[];
  readonly #wake: Wake;
  #program: EndpointProgram | undefined;

  /** @param program it is there, or it is made with the first call */
  constructor(
    proxy: string,
    revision: string,
    name: string,
    basePath: string,
    properties: ReadonlyMap<string, string>,
    requestLimit: number,
    calls: readonly LocalCall[],
    program: EndpointProgram | Wake,
  ) {
    this.proxy = proxy;
    this.revision = revision;
    this.name = name;
    this.basePath = basePath;
    this.properties = properties;
    this.requestLimit = requestLimit;
    this.calls = calls;
    this.#wake = typeof program === 'function' ? program : () => Promise.resolve(program);
    this.#program = typeof program === 'function' ? undefined : program;
  }

  run(exchange: Exchange): Outcome {
    const program = this.#program;
    if (program === undefined) return this.program().then(() => this.run(exchange));
    exchange.faultRules = program.faultRules;
    // A local call has no longer than its caller.
    const inherited = exchange.parent?.deadline ?? 0;
    if (program.timeout !== 0) {
      const own = exchange.receivedStart + program.timeout;
      exchange.deadline = inherited === 0 ? own : Math.min(own, inherited);
    } else {
      exchange.deadline = inherited;
    }
    const outcome = program.run(exchange);
    if (outcome !== undefined) return outcome.then(() => settle(exchange));
    settle(exchange);
    return undefined;
  }

  /** What it runs, compiled by now. */
  async program(): Promise<EndpointProgram> {
    this.#program ??= await this.#wake();
    return this.#program;
  }

  /** The same endpoint, to be compiled with its first call. */
  dormant(wake: Wake): CompiledEndpoint {
    const { proxy, revision, name, basePath, properties, requestLimit, calls } = this;
    return new CompiledEndpoint(proxy, revision, name, basePath, properties, requestLimit, calls, wake);
  }

  finish(exchange: Exchange): Outcome {
    const step = this.#program?.finish;
    if (step === undefined) return undefined;
    exchange.phase = Phase.postClient;
    return step(exchange);
  }
}

/** Each proxy run counts as one call, once its answer is known. */
function settle(exchange: Exchange): void {
  const { answer, finishing } = exchange;
  if (finishing !== undefined && answer !== undefined) for (const finish of finishing) finish(answer);
  exchange.surroundings.counter.count(exchange, exchange.answer?.status ?? 500);
}
