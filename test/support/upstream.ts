import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';

/** A request as it arrived on the wire. */
export interface Seen {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Upstream {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Every request since `clear`, in order of arrival. */
  readonly seen: Seen[];
}

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

/**
 * A server that records what it is asked. It answers with a description of the request as JSON, save for these paths:
 * `/status/N` that status, `/close` cuts the connection, `/bytes/N` a body of that size in chunks, `/sized/N` the same with its length, `/slow/MS` late.
 * It stops when the surrounding test or suite ends.
 */
export async function startUpstream(name = 'upstream', answer: Answer = describe(name)): Promise<Upstream> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => response.destroy());
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      seen.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: body.length > 100_000 ? `${body.length} bytes` : body.toString(),
      });
      answer(request, response, body);
    });
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, seen };
}

function describe(name: string): Answer {
  return (request, response, body) => {
    const url = request.url ?? '';
    const [, kind, argument = ''] = url.replace(/\?.*$/, '').split('/');
    const description = JSON.stringify({ name, method: request.method, url, body: body.length });
    const send = (status: number) => {
      response.writeHead(status, { 'Content-Type': 'application/json', 'X-Upstream': name });
      response.end(description);
    };
    if (kind === 'status') send(Number(argument));
    else if (kind === 'close') request.socket.destroy();
    else if (kind === 'slow') setTimeout(send, Number(argument), 200);
    else if (kind === 'bytes') sendBytes(response, Number(argument));
    else if (kind === 'sized') sendBytes(response, Number(argument), { 'Content-Length': argument });
    else send(200);
  };
}

/** Writes as fast as the other side reads. */
function sendBytes(response: ServerResponse, size: number, headers: Readonly<Record<string, string>> = {}): void {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', ...headers });
  const write = (left: number): void => {
    for (let rest = left; rest > 0; rest -= chunk.length) {
      const part = rest < chunk.length ? chunk.subarray(0, rest) : chunk;
      if (response.write(part)) continue;
      response.once('drain', () => write(rest - part.length));
      return;
    }
    response.end();
  };
  write(size);
}
