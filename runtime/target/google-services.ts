import { Fault, flowFaults } from '../fault.ts';
import { Body } from '../message/body.ts';
import { Message } from '../message/message.ts';
import type { GoogleServices } from '../policies/google-services.ts';
import type { GoogleTokens } from '../policies/google-tokens.ts';
import { sendOver } from './http-callout.ts';
import type { HttpConnection } from './http-connection.ts';
import { parseTargetUrl } from './target-url.ts';

const scopes = ['https://www.googleapis.com/auth/cloud-platform'];
/** Milliseconds a call may take, as for a ServiceCallout. */
const timeoutMilliseconds = 55_000;

/**
 * @param endpoint `http://host:port` where all services are, in place of Google's own hosts; there a call goes out without
 *   a token when there is no source of those
 */
export function googleServices(
  connection: HttpConnection,
  tokens: GoogleTokens,
  endpoint: string | undefined,
): GoogleServices {
  return {
    canBeCalled: tokens.hasSource || endpoint !== undefined,
    post: async (exchange, url, body) => {
      const place = parseTargetUrl(endpoint === undefined ? url : elsewhere(url, endpoint));
      if (place === undefined) throw new Fault(flowFaults.invalidPath, 'Invalid URL of a Google service');
      const request = new Message('request', Message.request().headers, Body.ofText(JSON.stringify(body)));
      request.verb = 'POST';
      request.headers.set('Content-Type', 'application/json');
      if (tokens.hasSource || endpoint === undefined) {
        const token = await tokens.token({ kind: 'access', scopes, lifetimeSeconds: undefined });
        request.headers.set('Authorization', `Bearer ${token}`);
      }
      const options = { timeoutMilliseconds, detached: false, policy: undefined, computed: false };
      const response = await sendOver(connection, exchange, request, place, place, options);
      return { status: response.status, text: response.content };
    },
  };
}

function elsewhere(url: string, endpoint: string): string {
  return endpoint.replace(/\/+$/, '') + url.replace(/^[a-z]+:\/\/[^/]*/i, '');
}
