import type { ServerResponse } from 'node:http';

/** One event of a server-sent stream. HTML standard, server-sent events. */
export interface StreamEvent {
  readonly type: string;
  /** Where a client goes on after a broken connection; absent: nowhere. */
  readonly id?: string;
  readonly data: unknown;
}

/** Starts to send; the result is called when the client has gone. @param end no event follows */
export type EventSource = (send: (event: StreamEvent) => void, end: () => void) => () => void;

/** Proxies and browsers give up on a connection that says nothing. */
const keepAliveMilliseconds = 15_000;
/** Bytes that may wait for a slow client, all calls of a session among them; then it is let go, and may come back. */
const mostWaiting = 48 * 1024 * 1024;

export function sendEvents(response: ServerResponse, source: EventSource): void {
  response.statusCode = 200;
  response.setHeader('Content-Type', 'text/event-stream');
  response.flushHeaders();
  response.write(': connected\n\n');
  const alive = setInterval(() => response.write(': still here\n\n'), keepAliveMilliseconds);
  alive.unref();
  let over = false;
  let stop = (): void => undefined;
  const end = (): void => {
    if (over) return;
    over = true;
    clearInterval(alive);
    stop();
    response.end();
  };
  response.on('close', end);
  const leave = source(({ type, id, data }) => {
    if (over) return;
    const mark = id === undefined ? '' : `id: ${id}\n`;
    response.write(`event: ${type}\n${mark}data: ${JSON.stringify(data)}\n\n`);
    if (response.writableLength > mostWaiting) response.destroy();
  }, end);
  if (over) leave();
  else stop = leave;
}
