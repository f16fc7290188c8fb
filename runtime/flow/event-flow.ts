import type { EventFlowConfig } from '../bundle/flow.ts';
import { Fault, flowFaults } from '../fault.ts';
import { Body } from '../message/body.ts';
import { CurrentEvent, dataOf } from '../message/event.ts';
import type { Exchange, Outcome } from '../message/exchange.ts';
import { mediaType } from '../message/message.ts';
import type { Step } from '../policies/policy.ts';
import { type Answer, after } from '../state/answer.ts';
import { EventStream, mostEventBytes, type Passed, sourceOfBytes } from './event-stream.ts';
import { faultOf, handleFault } from './faulted.ts';
import type { FlowCompiler } from './flow-compiler.ts';
import { compileDirection, namedFlow, type Side } from './flows.ts';
import { nothing } from './sequence.ts';

const eventStream = 'text/event-stream';

/**
 * EventFlow of an endpoint: from then on each server-sent event of the response passes its steps, when it comes, and goes
 * on. Apigee: streaming server-sent events. The last one counts where there are several.
 * @param rules fault rules of the endpoint: they run when a step fails, and the stream ends
 * @returns a step that only puts the flow into the way of the response; `nothing` when there is none
 */
export function compileEventFlow(
  configs: readonly EventFlowConfig[],
  side: Side,
  rules: Step | undefined,
  { parts, scope }: FlowCompiler,
): Step {
  const config = configs.at(-1);
  if (config === undefined) return nothing;
  for (const hidden of configs.slice(0, -1)) {
    const message = 'This EventFlow never runs: the last one of the endpoint does.';
    parts.diagnostics.warning('ZH662', hidden.at, message, 'Put all steps into one EventFlow.');
  }
  // The payload is what the events are the pieces of: a step that waited for all of it would never be done.
  const streaming = { parts, scope: { ...scope, streamsRequest: true, streamsResponse: true } };
  const steps = namedFlow(
    config.name?.text ?? 'EventFlow',
    undefined,
    side,
    compileDirection(config.Response, streaming),
  );
  if (steps === nothing) return nothing;
  const type = mediaType(config['content-type']?.text) ?? eventStream;
  return (exchange) => intercept(exchange, type, steps, rules);
}

function intercept(exchange: Exchange, type: string, steps: Step, rules: Step | undefined): void {
  const { response } = exchange;
  if (response === undefined || response.body.isEmpty) return;
  if (mediaType(response.headers.line('content-type')) !== type) return;
  const encoding = response.headers.line('content-encoding')?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') {
    response.discardBody();
    throw new Fault(flowFaults.unsupportedEncodingAtResponse, `EventFlow cannot read the encoding "${encoding}"`);
  }
  const source = response.body.takeSource() ?? sourceOfBytes(response.body.bytes);
  const events = new EventSteps(exchange, steps, rules);
  response.body = Body.ofSource(new EventStream(source, (event) => events.pass(event)), {
    bytes: mostEventBytes,
    tooBig: flowFaults.responseTooBig,
  });
}

/** The events of one response. */
class EventSteps {
  readonly #exchange: Exchange;
  readonly #steps: Step;
  readonly #rules: Step | undefined;
  #count = 0;

  constructor(exchange: Exchange, steps: Step, rules: Step | undefined) {
    this.#exchange = exchange;
    this.#steps = steps;
    this.#rules = rules;
  }

  /** Comments, and what else no client would see as an event, go past the flow. */
  pass(bytes: Buffer): Answer<Passed> {
    const content = bytes
      .toString('utf8')
      .replace(/^\ufeff?\n?/, '')
      .replace(/[\r\n]+$/, '');
    if (dataOf(content) === undefined) return { bytes, ends: false };
    const event = new CurrentEvent(++this.#count, content);
    const exchange = this.#exchange;
    exchange.event = event;
    let outcome: Outcome;
    try {
      outcome = this.#steps(exchange);
    } catch (error) {
      return this.#failed(event, error);
    }
    const done = (): Passed => ({ bytes: event.changed ? Buffer.from(event.outgoing) : bytes, ends: false });
    return outcome === undefined ? done() : outcome.then(done, (error: unknown) => this.#failed(event, error));
  }

  /**
   * The status is out already: the event is dropped, the fault rules run, and what they write to the event is the last
   * thing the client gets. Without that the stream breaks off, so that nobody takes it for complete. zerohop's choice.
   */
  #failed(event: CurrentEvent, error: unknown): Answer<Passed> {
    const exchange = this.#exchange;
    event.drop();
    exchange.faultRules = this.#rules;
    const fault = faultOf(exchange, error);
    return after(handleFault(exchange, fault) as Answer<void>, () => {
      if (event.changed && event.outgoing !== '') return { bytes: Buffer.from(event.outgoing), ends: true };
      throw fault;
    });
  }
}
