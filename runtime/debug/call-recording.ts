import { Fault, flowFaults } from '../fault.ts';
import { toText } from '../language/variables.ts';
import { type Exchange, Phase } from '../message/exchange.ts';
import type { Message } from '../message/message.ts';
import type { ChainRecording } from './chain-recording.ts';
import type { StepPoint, TraceCall, TraceFault, TracePoint, VariableAccess } from './trace.ts';

/** Accesses of one step: a script may read in a loop. zerohop's choice. */
const mostAccesses = 2000;

type Open<P extends TracePoint> = P extends TracePoint ? Omit<P, 'at' | 'duration'> : never;

/** The recording of one proxy run while it runs. Points open and close as the steps do: one after the other. */
export class CallRecording {
  readonly chain: ChainRecording;
  readonly call: TraceCall;
  readonly exchange: Exchange;
  readonly #began = performance.now();
  /** Points that are running, the innermost last. */
  readonly #open: TracePoint[] = [];
  /** The latest message, as it was when it was put down. */
  #last: { message: Message; mark: string; body: unknown } | undefined;
  #handled: TraceFault | undefined;

  constructor(exchange: Exchange, chain: ChainRecording, parent: CallRecording | undefined, opaque: boolean) {
    const { endpoint, directory, client, request } = exchange;
    this.exchange = exchange;
    this.chain = chain;
    this.call = {
      id: exchange.id,
      chain: parent === undefined ? exchange.id : parent.call.chain,
      parent: parent === undefined ? (exchange.parent?.id ?? null) : parent.call.id,
      organization: directory.organization,
      environment: directory.environment,
      proxy: endpoint.proxy,
      revision: endpoint.revision,
      endpoint: endpoint.name,
      basePath: endpoint.basePath === '' ? '/' : endpoint.basePath,
      caller: exchange.parent === undefined ? 'external' : 'local',
      depth: exchange.depth,
      client: { ip: client.ip, host: client.host },
      verb: request.verb,
      uri: chain.mask.uri(exchange.arrivedUri, chain.secrets),
      status: null,
      startedAt: performance.timeOrigin + this.#began,
      duration: 0,
      completed: false,
      opaque,
      fault: null,
      messages: [],
      request: 0,
      response: null,
      points: [],
      dropped: 0,
    };
    chain.calls.push(this.call);
    this.call.request = this.message();
  }

  get now(): number {
    return Math.round((performance.now() - this.#began) * 1000) / 1000;
  }

  get enforcement(): StepPoint['enforcement'] {
    const { isError, phase } = this.exchange;
    return isError ? 'error' : phase < Phase.targetResponse ? 'request' : 'response';
  }

  /** Puts a point down and gives it; undefined when there are too many, or the recording is closed. */
  add<P extends TracePoint>(open: Open<P>): P | undefined {
    if (this.chain.isClosed) return undefined;
    if (!this.chain.takePoint()) {
      this.call.dropped++;
      return undefined;
    }
    const point = { ...open, at: this.now, duration: 0 } as unknown as P;
    const inside = this.#open.at(-1);
    const list = inside !== undefined && 'points' in inside ? inside.points : this.call.points;
    list.push(point);
    return point;
  }

  /** As `add`; what follows until `end` is inside of it. */
  begin<P extends TracePoint>(open: Open<P>): P | undefined {
    const point = this.add<P>(open);
    if (point !== undefined) this.#open.push(point);
    return point;
  }

  end(point: TracePoint | undefined): void {
    if (point === undefined || this.chain.isClosed) return;
    point.duration = Math.round((this.now - point.at) * 1000) / 1000;
    const index = this.#open.lastIndexOf(point);
    if (index !== -1) this.#open.length = index;
  }

  /** Index of the current message, which is put down when it differs from the latest. */
  message(message: Message = this.exchange.message): number {
    const { messages } = this.call;
    if (this.chain.isClosed) return messages.length - 1;
    const { isError } = this.exchange;
    const mark = `${isError}\n${message.verb} ${message.uri} ${message.status} ${message.reason}\n${message.headers.raw.join('\n')}`;
    const last = this.#last;
    if (last?.message === message && last.mark === mark && last.body === message.body) return messages.length - 1;
    this.#last = { message, mark, body: message.body };
    const isErrorMessage = isError && message === this.exchange.error;
    messages.push(this.chain.message(message, isErrorMessage ? 'error' : message.kind));
    return messages.length - 1;
  }

  /** Notes what was done to a variable, with the innermost step or condition. */
  access(action: VariableAccess['action'], name: string, value: unknown): void {
    const list = this.accesses();
    if (list === undefined || list.length >= mostAccesses) return;
    const isNone = value === undefined || value === null || action === 'remove';
    const text = isNone ? null : this.chain.value(name, textOf(value));
    if (action === 'get' && list.some((one) => one.action === 'get' && one.name === name && one.value === text)) return;
    list.push({ action, name, value: text });
  }

  /** Where accesses are noted; undefined outside of steps and conditions. */
  accesses(): VariableAccess[] | undefined {
    if (this.chain.isClosed) return undefined;
    const point = this.#open.findLast((one) => 'variables' in one);
    return point !== undefined && 'variables' in point ? point.variables : undefined;
  }

  /** The innermost step that is running. */
  get step(): StepPoint | undefined {
    return this.#open.findLast((one) => one.kind === 'step');
  }

  fault(error: unknown): TraceFault {
    const fault = error instanceof Fault ? error : new Fault(flowFaults.internalServerError);
    const { origin } = fault;
    return {
      code: fault.code,
      name: fault.faultName,
      message: fault.faultstring,
      status: fault.status,
      policy: origin?.policy ?? null,
      type: origin?.element ?? null,
      file: origin?.file ?? null,
      line: origin?.line ?? null,
      handledBy: null,
    };
  }

  /** The call goes into the error flow. */
  faulted(error: unknown): void {
    const fault = this.fault(error);
    this.#handled = fault;
    this.add({ kind: 'fault', fault });
  }

  handledBy(rule: string): void {
    if (this.#handled !== undefined) this.#handled.handledBy = rule;
  }

  /** The answer is known. Its payload may still be on its way. */
  answered(): void {
    const { answer, fault } = this.exchange;
    if (answer === undefined || this.chain.isClosed) return;
    this.call.response = this.message(answer);
    this.call.status = answer.status;
    this.call.fault = fault === undefined ? null : (this.#handled ?? this.fault(fault));
    this.call.duration = this.now;
  }

  /** All of it is over. */
  finished(): void {
    if (this.chain.isClosed) return;
    this.call.completed = true;
    // There was no answer to say it.
    this.call.fault ??= this.#handled ?? null;
    this.call.duration = this.now;
    this.#open.length = 0;
  }
}

function textOf(value: unknown): string {
  try {
    return toText(value);
  } catch (error) {
    // A message whose payload does not fit its Content-Encoding.
    if (error instanceof Fault) return `[${error.faultstring}]`;
    throw error;
  }
}
