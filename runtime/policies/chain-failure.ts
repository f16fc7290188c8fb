import { Fault, type FaultKind } from '../fault.ts';
import { Body } from '../message/body.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';

export const chainFaults = {
  callFailed: {
    code: 'steps.proxychain.ServiceCallFailed',
    status: 502,
    text: 'ProxyChain: a service could not be called',
  },
  errorResponse: {
    code: 'steps.proxychain.ServiceErrorResponse',
    status: 502,
    text: 'ProxyChain: a service answered with an error',
  },
  invalidAnswer: {
    code: 'steps.proxychain.InvalidJSON',
    status: 502,
    text: 'ProxyChain: the answer of a service is not JSON',
  },
  invalidSource: {
    code: 'steps.proxychain.InvalidJSON',
    status: 400,
    text: 'ProxyChain: the payload is not a JSON object',
  },
} as const satisfies Record<string, FaultKind>;

/** What a chain ended in. */
export interface ChainFailure {
  readonly kind: FaultKind;
  /** Replaces the status of the kind. */
  readonly status?: number;
  readonly text: string;
  /** The answer that the APISIX plugin gives. */
  readonly answer: { readonly error: string; readonly body?: string };
}

/** @returns never: ends the policy with Apigee's fault, for fault rules to handle */
export function failNatively(_: Exchange, { kind, status = kind.status, text }: ChainFailure): never {
  throw new Fault({ ...kind, status }, text);
}

/**
 * Ends the policy with the answer that the APISIX plugin gives; a fault all the same, so that fault rules may replace it.
 * @returns never
 */
export function failAsApisix(exchange: Exchange, { kind, status = 500, text, answer }: ChainFailure): never {
  const response = Message.response();
  response.status = status;
  response.headers.set('Content-Type', 'application/json');
  response.body = Body.ofText(JSON.stringify(answer));
  exchange.error = response;
  const fault = new Fault({ ...kind, status }, text);
  fault.carriesResponse = true;
  throw fault;
}
