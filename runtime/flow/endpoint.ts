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

/** A deployed ProxyEndpoint. */
export class CompiledEndpoint implements Endpoint {
  readonly proxy: string;
  readonly revision: string;
  readonly name: string;
  readonly basePath: string;
  readonly properties: ReadonlyMap<string, string>;
  readonly requestLimit: number;
  /** Literal local calls of all its targets and callouts. */
  readonly calls: readonly LocalCall[];
  readonly #program: EndpointProgram;

  constructor(
    proxy: string,
    revision: string,
    name: string,
    basePath: string,
    properties: ReadonlyMap<string, string>,
    requestLimit: number,
    calls: readonly LocalCall[],
    program: EndpointProgram,
  ) {
    this.proxy = proxy;
    this.revision = revision;
    this.name = name;
    this.basePath = basePath;
    this.properties = properties;
    this.requestLimit = requestLimit;
    this.calls = calls;
    this.#program = program;
  }

  run(exchange: Exchange): Outcome {
    exchange.faultRules = this.#program.faultRules;
    // A local call has no longer than its caller.
    const inherited = exchange.parent?.deadline ?? 0;
    if (this.#program.timeout !== 0) {
      const own = exchange.receivedStart + this.#program.timeout;
      exchange.deadline = inherited === 0 ? own : Math.min(own, inherited);
    } else {
      exchange.deadline = inherited;
    }
    const outcome = this.#program.run(exchange);
    if (outcome !== undefined) return outcome.then(() => settle(exchange));
    settle(exchange);
    return undefined;
  }

  finish(exchange: Exchange): Outcome {
    const step = this.#program.finish;
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
