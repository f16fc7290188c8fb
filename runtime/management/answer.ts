import type { ServerResponse } from 'node:http';
import { type EventSource, sendEvents } from './event-stream.ts';

/** What a handler answers: JSON, bytes, events as they happen, or nothing. */
export type ApiAnswer =
  | { readonly status: number; readonly json: unknown }
  | { readonly status: number; readonly bytes: Uint8Array; readonly contentType: string; readonly fileName?: string }
  | { readonly status: number; readonly events: EventSource }
  | { readonly status: number };

export const ok = (json: unknown): ApiAnswer => ({ status: 200, json });
export const created = (json: unknown): ApiAnswer => ({ status: 201, json });
export const noContent: ApiAnswer = { status: 204 };

export const zip = (bytes: Uint8Array, fileName: string): ApiAnswer => ({
  status: 200,
  bytes,
  contentType: 'application/octet-stream',
  fileName,
});

/** Nothing here may be stored or guessed at by a browser, and no page of another origin may read it: no CORS headers. */
export function send(response: ServerResponse, answer: ApiAnswer): void {
  response.statusCode = answer.status;
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  if ('events' in answer) {
    sendEvents(response, answer.events);
  } else if ('json' in answer) {
    const text = JSON.stringify(answer.json);
    response.setHeader('Content-Type', 'application/json');
    response.setHeader('Content-Length', Buffer.byteLength(text));
    response.end(text);
  } else if ('bytes' in answer) {
    response.setHeader('Content-Type', answer.contentType);
    response.setHeader('Content-Length', answer.bytes.length);
    if (answer.fileName !== undefined) {
      response.setHeader('Content-Disposition', `attachment; filename="${answer.fileName.replace(/[^\w.-]/g, '_')}"`);
    }
    response.end(answer.bytes);
  } else {
    // 204 has no body, and RFC 9110 section 8.6 wants no Content-Length with it.
    if (answer.status !== 204) response.setHeader('Content-Length', 0);
    response.end();
  }
}
