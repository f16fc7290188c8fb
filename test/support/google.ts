import type { Compiler } from '../../runtime/policies/policy.ts';
import { createConnections } from '../../runtime/target/connections.ts';
import { closedPort, startOrigin } from './origin-server.ts';

/** A server that stands for Google's services, and compilers whose policies call it with the token `T`. */
export interface StandIn {
  readonly url: string;
  readonly asked: { readonly url: string; readonly body: unknown; readonly authorization: string | undefined }[];
  /** By what follows the colon in the URL. */
  readonly answers: Map<string, { readonly status: number; readonly body: unknown }>;
  readonly compiler: Pick<Compiler, 'googleServices'>;
  /** The same, where nobody listens. */
  readonly unreachable: Pick<Compiler, 'googleServices'>;
  close(): Promise<void>;
}

export async function googleStandIn(): Promise<StandIn> {
  const asked: StandIn['asked'] = [];
  const answers: StandIn['answers'] = new Map();
  const origin = await startOrigin((request, response, text) => {
    const { url = '', headers } = request;
    asked.push({ url, body: JSON.parse(text), authorization: headers.authorization });
    const { status, body } = answers.get(url.slice(url.lastIndexOf(':') + 1)) ?? { status: 404, body: {} };
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  const tokens = { hasSource: true, token: () => 'T' };
  const connections = createConnections({ googleTokens: tokens, googleEndpoint: origin.url });
  const nowhere = createConnections({
    googleTokens: tokens,
    googleEndpoint: `http://127.0.0.1:${await closedPort()}`,
  });
  return {
    url: origin.url,
    asked,
    answers,
    compiler: { googleServices: connections.googleServices },
    unreachable: { googleServices: nowhere.googleServices },
    close: async () => {
      connections.close();
      nowhere.close();
      await origin.close();
    },
  };
}

/** An answer of Model Armor. */
export function armor(state: string, matches: Readonly<Record<string, boolean>> = {}): unknown {
  const matchState = (name: string) => (matches[name] === true ? 'MATCH_FOUND' : 'NO_MATCH_FOUND');
  const jailbreak = { matchState: matchState('pi_and_jailbreak'), confidenceLevel: 'HIGH' };
  return {
    sanitizationResult: {
      filterMatchState: state,
      filterResults: {
        rai: { raiFilterResult: { matchState: matchState('rai') } },
        sdp: { sdpFilterResult: { inspectResult: { matchState: matchState('sdp') } } },
        pi_and_jailbreak: { piAndJailbreakFilterResult: jailbreak },
        malicious_uris: { maliciousUriFilterResult: { matchState: matchState('malicious_uris') } },
      },
      invocationResult: 'SUCCESS',
      sanitizationMetadata: state === 'MATCH_FOUND' ? { errorCode: 799, errorMessage: 'no' } : {},
      somethingNew: { later: true },
    },
  };
}
