import { Fault } from '../fault.ts';
import type { Condition } from '../language/condition.ts';
import type { Template } from '../language/template.ts';
import { type Reader, variableReader, type Writer } from '../language/variables.ts';
import type { Exchange, Outcome } from '../message/exchange.ts';
import type { Step } from '../policies/policy.ts';
import type { CallRecording } from './call-recording.ts';
import { noteMessageChanges } from './message-changes.ts';
import type { ConditionPoint, FlowPoint, StepPoint, TracePlace, TracePoint } from './trace.ts';
import { type Groups, noteGroups, noting } from './watched-variables.ts';

type Test = (exchange: Exchange) => boolean;

/** Finds the recording of an exchange; undefined when it is not recorded. */
export type Recordings = Pick<WeakMap<Exchange, CallRecording>, 'get'>;

/** A policy where it is attached. */
export interface Attachment extends TracePlace {
  readonly policy: string;
  readonly type: string;
  readonly continueOnError: boolean;
  readonly condition: string | undefined;
}

export interface ConditionSite extends TracePlace {
  readonly of: ConditionPoint['of'];
  readonly name: string;
  readonly text: string;
}

/**
 * What a plan that records is compiled with: puts something around steps and conditions that notes what they do. A plan
 * that does not record is compiled without, so that it holds nothing of this.
 */
export class PlanRecorder {
  readonly #recordings: Recordings;

  constructor(recordings: Recordings) {
    this.#recordings = recordings;
  }

  reader(name: string, read: Reader): Reader {
    return (exchange) => {
      const value = read(exchange);
      this.#recordings.get(exchange)?.access('get', name, value);
      return value;
    };
  }

  writer(name: string, write: Writer): Writer {
    return (exchange, value) => {
      const recording = this.#recordings.get(exchange);
      if (recording === undefined) write(exchange, value);
      else noting(recording, name, value, () => write(exchange, value));
    };
  }

  template(template: Template): Template {
    if (template.reads.length === 0) return template;
    const note = this.#noteReads(template.reads);
    return {
      ...template,
      render: (exchange) => {
        note(exchange);
        return template.render(exchange);
      },
    };
  }

  condition(condition: Condition): Condition {
    if (condition.reads.length === 0) return condition;
    const note = this.#noteReads(condition.reads);
    return {
      ...condition,
      test: (exchange) => {
        note(exchange);
        return condition.test(exchange);
      },
    };
  }

  /** The condition of a flow, route or fault rule, with its verdict. */
  verdict(site: ConditionSite, test: Test): Test {
    return (exchange) => {
      const recording = this.#recordings.get(exchange);
      const point = recording?.begin<ConditionPoint>({ kind: 'condition', ...site, result: false, variables: [] });
      const result = test(exchange);
      if (point !== undefined) (point as { result: boolean }).result = result;
      recording?.end(point);
      return result;
    };
  }

  flow(name: string, side: FlowPoint['side'], direction: FlowPoint['direction'], step: Step): Step {
    return this.#around(step, (recording) =>
      recording.begin<FlowPoint>({ kind: 'flow', name, side, direction, points: [] }),
    );
  }

  sharedFlow(name: string, revision: string, step: Step): Step {
    return this.#around(step, (recording) => {
      const hook = recording.exchange.flowHookName ?? null;
      return recording.begin({ kind: 'sharedFlow', name, revision, hook, points: [] });
    });
  }

  faultRule(name: string, side: FlowPoint['side'], isDefault: boolean, step: Step): Step {
    return this.#around(step, (recording) => {
      recording.handledBy(name);
      return recording.begin({ kind: 'faultRule', name, side, isDefault, points: [] });
    });
  }

  route(name: string, target: string, step: Step): Step {
    return (exchange) => {
      this.#recordings.get(exchange)?.add({ kind: 'route', name, target });
      return step(exchange);
    };
  }

  /** The call of a target. */
  target(name: string, connection: 'http' | 'local', step: Step): Step {
    return (exchange) => {
      const recording = this.#recordings.get(exchange);
      if (recording === undefined) return step(exchange);
      const request = recording.message();
      const point = recording.begin({
        kind: 'target',
        ...{ name, connection, request, url: null, status: null, response: null, fault: null },
        ...{ variables: [], points: [] },
      });
      const { fault } = exchange;
      const settle = (error?: unknown): void => {
        if (point?.kind === 'target') {
          const { response } = exchange;
          point.url = urlOf(recording);
          point.status = response?.status ?? null;
          if (response !== undefined) point.response = recording.message(response);
          if (error !== undefined && fault === undefined) point.fault = recording.fault(error);
        }
        recording.end(point);
      };
      return after(step, exchange, settle);
    };
  }

  /** @param run undefined: the policy is not enabled */
  step(site: Attachment, run: Step | undefined, test: Test | undefined): Step {
    const { condition: text, ...attachment } = site;
    return (exchange) => {
      const recording = this.#recordings.get(exchange);
      if (recording === undefined) return test === undefined || test(exchange) ? run?.(exchange) : undefined;
      const before = recording.message();
      const point = recording.begin<StepPoint>({
        kind: 'step',
        ...attachment,
        ...{ enforcement: recording.enforcement, condition: null, outcome: 'ran', before, after: before },
        ...{ variables: [], fault: null, points: [] },
      });
      const holds = test === undefined || test(exchange);
      if (point !== undefined && text !== undefined) {
        (point as { condition: StepPoint['condition'] }).condition = { text, result: holds };
      }
      if (!holds || run === undefined) {
        if (point !== undefined) point.outcome = holds ? 'disabled' : 'skipped';
        recording.end(point);
        return undefined;
      }
      const groups: Groups = exchange.groups === undefined ? undefined : new Map(exchange.groups);
      const settle = (error?: unknown): void => {
        noteGroups(recording, groups, exchange.groups);
        if (point !== undefined) {
          if (error !== undefined) this.#note(point, recording, error);
          point.after = recording.message();
          // Steps of a shared flow have noted what they did themselves.
          const ranOthers = point.points.some(({ kind }) => kind === 'sharedFlow');
          if (!ranOthers) noteMessageChanges(recording, before, point.after);
        }
        recording.end(point);
      };
      return after(run, exchange, settle);
    };
  }

  /** Notes the failure of a policy that the flow survives: nobody outside sees it. */
  failing(site: Attachment, step: Step): Step {
    const { policy, type, file, line } = site;
    return (exchange) => {
      const recording = this.#recordings.get(exchange);
      if (recording === undefined) return step(exchange);
      return after(step, exchange, (error) => {
        if (error instanceof Fault && error.origin === undefined) error.origin = { policy, element: type, file, line };
        const point = error === undefined ? undefined : recording.step;
        if (point !== undefined) this.#note(point, recording, error);
      });
    };
  }

  /** Notes that a call goes into the error flow. */
  faulted(handle: (exchange: Exchange, error: unknown) => Outcome): (exchange: Exchange, error: unknown) => Outcome {
    return (exchange, error) => {
      this.#recordings.get(exchange)?.faulted(error);
      return handle(exchange, error);
    };
  }

  #note(point: StepPoint, recording: CallRecording, error: unknown): void {
    point.outcome = 'failed';
    point.fault = recording.fault(error);
  }

  #noteReads(names: readonly string[]): (exchange: Exchange) => void {
    const readers = names.map((name) => [name, variableReader(name)] as const);
    return (exchange) => {
      const recording = this.#recordings.get(exchange);
      if (recording === undefined) return;
      for (const [name, read] of readers) {
        try {
          recording.access('get', name, read(exchange));
        } catch (error) {
          // Who really reads it says so; it may never be read.
          if (!(error instanceof Fault)) throw error;
        }
      }
    };
  }

  #around(step: Step, begin: (recording: CallRecording) => TracePoint | undefined): Step {
    return (exchange) => {
      const recording = this.#recordings.get(exchange);
      if (recording === undefined) return step(exchange);
      const point = begin(recording);
      return after(step, exchange, () => recording.end(point));
    };
  }
}

/** The target's URL, if it has one yet. */
function urlOf({ exchange, chain }: CallRecording): string | null {
  try {
    return chain.mask.uri(exchange.target?.urlOf(exchange) ?? '', chain.secrets) || null;
  } catch (error) {
    // The call has failed by the same.
    if (error instanceof Fault) return null;
    throw error;
  }
}

/** Runs a step, then something else, however the step ended. */
function after(step: Step, exchange: Exchange, settle: (error?: unknown) => void): Outcome {
  let outcome: Outcome;
  try {
    outcome = step(exchange);
  } catch (error) {
    settle(error);
    throw error;
  }
  if (outcome === undefined) {
    settle();
    return undefined;
  }
  return outcome.then(settle, (error: unknown) => {
    settle(error);
    throw error;
  });
}
