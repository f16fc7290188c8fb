import { Fault, faultBody, flowFaults } from '../fault.ts';
import { Body } from '../message/body.ts';
import type { Exchange, Outcome } from '../message/exchange.ts';
import { Headers } from '../message/headers.ts';
import { Message } from '../message/message.ts';
import { StoreFailure } from '../state/store-failure.ts';

/**
 * Puts an exchange into the error state and runs the fault rules of the endpoint it is in. A fault in those rules ends
 * them and takes the place of the first. Apigee: handling faults.
 */
export function handleFault(exchange: Exchange, error: unknown): Outcome {
  enterErrorState(exchange, error);
  const rules = exchange.faultRules;
  if (rules === undefined || exchange.fault?.skipsFaultRules === true) return undefined;
  let outcome: Outcome;
  try {
    outcome = rules(exchange);
  } catch (second) {
    enterErrorState(exchange, second);
    return undefined;
  }
  return outcome === undefined
    ? undefined
    : outcome.then(undefined, (second: unknown) => enterErrorState(exchange, second));
}

function enterErrorState(exchange: Exchange, error: unknown): void {
  const fault = faultOf(exchange, error);
  exchange.fault = fault;
  const { error: raised, response } = exchange;
  const keepsRaised = fault.carriesResponse && raised !== undefined;
  // What was raised may be the response itself: a target's error that goes through as it came.
  if (!keepsRaised || response !== raised) response?.discardBody();
  if (!keepsRaised) exchange.error = defaultError(fault);
}

/** Anything but a Fault, or a store out of reach, is our mistake: logged with its stack, and a plain 500 to the client. */
export function faultOf(exchange: Exchange, error: unknown): Fault {
  if (error instanceof Fault) return error;
  // Told in the log where the store is, and not once for every request.
  if (error instanceof StoreFailure) return new Fault(flowFaults.storeUnavailable);
  exchange.surroundings.report(error, exchange);
  return new Fault(flowFaults.internalServerError);
}

/** Apigee's default error response. */
export function defaultError(fault: Fault): Message {
  const message = new Message(
    'response',
    new Headers(['Content-Type', 'application/json']),
    Body.ofText(faultBody(fault)),
  );
  message.status = fault.status;
  if (fault.reasonPhrase !== undefined) message.reason = fault.reasonPhrase;
  return message;
}
