import { Fault, flowFaults } from '../fault.ts';
import type { Exchange } from '../message/exchange.ts';
import { calloutReason, isOfChain } from './callout-failure.ts';
import { type ChainData, jsonOf } from './chain-data.ts';
import { type ChainFailure, chainFaults as faults } from './chain-failure.ts';
import type { ChainService, Profile } from './chain-service.ts';

/** What all calls of one ProxyChain have in common. */
export interface ChainSetting {
  /** The policy's name. */
  readonly name: string;
  readonly profile: Profile;
  /** Ends the policy. */
  readonly fail: (exchange: Exchange, failure: ChainFailure) => never;
}

/**
 * Calls a service with what was gathered so far, and publishes what came of it.
 * @returns its answer as JSON; undefined for an empty one
 * @throws Fault without an answer, for a status that is an error, and for an answer that is not JSON
 */
export async function callService(
  service: ChainService,
  exchange: Exchange,
  data: ChainData,
  authorization: string | undefined,
  { name, profile, fail }: ChainSetting,
): Promise<{ readonly value: unknown } | undefined> {
  const start = Date.now();
  const failure = (what: string): string => `ProxyChain[${name}]: service ${service.name} ${what}`;
  try {
    const request = service.request(exchange, data, authorization);
    const answer = await service.callout.send(exchange, request, service.timeout);
    const { status, content } = answer;
    const prefix = `proxychain.${name}`;
    exchange.setVariable(`${prefix}.status.code`, status);
    exchange.setVariable(`${prefix}.${service.name}.status.code`, status);
    exchange.setVariable(`${prefix}.${service.name}.content`, content);
    exchange.setVariable(`${prefix}.${service.name}.elapsed`, Date.now() - start);
    if (service.callout.isError(status)) {
      return fail(exchange, {
        kind: faults.errorResponse,
        ...(profile === 'apisix' ? { status } : {}),
        text: failure(`answered with status ${status}`),
        answer: { error: 'Service error', body: content },
      });
    }
    if (content === '') return undefined;
    const json = jsonOf(answer);
    if (json !== undefined) return json;
  } catch (error) {
    if (!(error instanceof Fault) || isOfChain(error) || isOurs(error)) throw error;
    const isLate = error.code === flowFaults.gatewayTimeout.code && profile === 'native';
    return fail(exchange, {
      kind: faults.callFailed,
      ...(isLate ? { status: error.status } : {}),
      text: failure(`could not be called: ${calloutReason(error, name)}`),
      answer: { error: `Failed to call service: ${service.address}` },
    });
  }
  return fail(exchange, {
    kind: faults.invalidAnswer,
    text: failure('gave an answer that is not JSON'),
    answer: { error: `Invalid JSON in response from ${service.address}` },
  });
}

function isOurs({ code }: Fault): boolean {
  return code === faults.errorResponse.code;
}
