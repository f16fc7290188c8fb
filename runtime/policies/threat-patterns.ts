import { placeWithin } from '../diagnostic.ts';
import { Fault, type FaultKind } from '../fault.ts';
import { backtracksExponentially } from '../language/backtracking.ts';
import { javaRegex } from '../language/java-regex.ts';
import { PatternError } from '../language/pattern.ts';
import { type SearchCost, searchCost } from '../language/regex-cost.ts';
import { RegexWorker, SearchCutOff } from '../language/regex-worker.ts';
import type { Outcome } from '../message/exchange.ts';
import type { Leaf } from '../schema/declare.ts';
import type { Compiler } from './policy.ts';

/** Steps of backtracking that a request may cost at once, some milliseconds; what could take more goes to a thread. zerohop's choice. */
const mostSteps = 2_000_000;

/** Texts up to this length are searched at once even where no bound is known, at this many steps. */
const harmless = { length: 8, steps: 10_000 };

/** Characters of the text that a fault shows. */
const shownLength = 1000;

export interface ThreatPattern {
  readonly text: string;
  readonly index: number;
  readonly regex: RegExp;
  readonly cost: SearchCost | undefined;
}

interface Search {
  readonly pattern: ThreatPattern;
  readonly text: string;
}

/** What one run of the policy has cost at most so far, and the searches that it puts off: they take place in a thread. */
export interface Delayed {
  steps: number;
  readonly searches: Search[];
}

/** The patterns of one policy, numbered as its thread knows them. */
export class ThreatPatterns {
  readonly #patterns: ThreatPattern[] = [];
  readonly #compiler: Compiler;
  readonly #faults: { readonly threat: FaultKind; readonly failed: FaultKind };
  #worker: RegexWorker | undefined;

  constructor(compiler: Compiler, faults: { readonly threat: FaultKind; readonly failed: FaultKind }) {
    this.#compiler = compiler;
    this.#faults = faults;
  }

  /** Compiles a pattern; undefined when it is none, which is reported. */
  add(leaf: Leaf<string>): ThreatPattern | undefined {
    const compiler = this.#compiler;
    let regex: RegExp;
    try {
      regex = javaRegex(leaf.text, 'find');
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      const message = `${error.message} (InvalidRegularExpression).`;
      compiler.error('ZH332', placeWithin(leaf.at, error.index, 1), message);
      return undefined;
    }
    if (backtracksExponentially(regex)) {
      const message =
        'This expression can take exponential time: a repetition in it can go over the same text in more than one way. ' +
        'Requests with such a text are refused when their time is over.';
      const hint = 'Make the inner repetition possessive, such as (a++)+, or its alternatives exclude each other.';
      compiler.warning('ZH333', leaf.at, message, hint);
    }
    const pattern = { text: leaf.text, index: this.#patterns.length, regex, cost: searchCost(regex) };
    this.#patterns.push(pattern);
    return pattern;
  }

  /** @throws Fault ThreatDetected; puts off what could take long */
  check(patterns: readonly ThreatPattern[], text: string, delayed: Delayed): void {
    for (const pattern of patterns) {
      const steps = stepsOf(pattern, text.length);
      if (delayed.steps + steps > mostSteps) delayed.searches.push({ pattern, text });
      else {
        delayed.steps += steps;
        if (pattern.regex.test(text)) throw this.#threat({ pattern, text });
      }
    }
  }

  /** The searches that were put off. @throws Fault ThreatDetected; ExecutionFailed when one takes too long */
  finish({ searches }: Delayed): Outcome {
    return searches.length === 0 ? undefined : this.#searchAll(searches);
  }

  async #searchAll(searches: readonly Search[]): Promise<void> {
    this.#worker ??= new RegexWorker(this.#patterns.map(({ regex }) => regex));
    let found: number;
    try {
      found = await this.#worker.search(searches.map(({ pattern, text }) => ({ pattern: pattern.index, text })));
    } catch (error) {
      if (error instanceof SearchCutOff) throw this.failed(error.message);
      throw error;
    }
    const threat = searches[found];
    if (threat !== undefined) throw this.#threat(threat);
  }

  failed(reason: string): Fault {
    const text = `Failed to execute the RegularExpressionProtection StepDefinition ${this.#compiler.name}. Reason: ${reason}`;
    return new Fault(this.#faults.failed, text);
  }

  #threat({ pattern, text }: Search): Fault {
    const input = text.length > shownLength ? `${text.slice(0, shownLength)}...` : text;
    const detail = `Regular Expression Threat Detected in ${this.#compiler.name}: regex: ${pattern.text} input: ${input}`;
    return new Fault(this.#faults.threat, detail);
  }
}

function stepsOf({ cost }: ThreatPattern, length: number): number {
  if (cost !== undefined) return cost.factor * length ** cost.degree;
  return length <= harmless.length ? harmless.steps : Number.POSITIVE_INFINITY;
}
