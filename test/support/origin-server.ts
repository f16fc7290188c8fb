import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';

/** What a server that stands for a target was asked. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface OriginServer {
  readonly port: number;
  readonly url: string;
  readonly received: Received[];
  /** Connections accepted so far. */
  readonly connections: () => number;
  close(): Promise<void>;
}

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A real HTTP server on a free port. Without a handler it answers with what it was asked, as JSON. */
export async function startOrigin(handler: Handler = echo): Promise<OriginServer> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      received.push({ method: request.method ?? '', url: request.url ?? '', rawHeaders: request.rawHeaders, body });
      handler(request, response, body);
    });
  });
  return { ...(await listening(server)), received };
}

/** A TCP server that gets each connection as it is, for answers no HTTP server would give. */
export async function startRaw(onConnection: (socket: Socket, count: number) => void): Promise<OriginServer> {
  let count = 0;
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket, ++count);
  });
  return { ...(await listening(server)), received: [] };
}

/** A port nothing listens on. */
export async function closedPort(): Promise<number> {
  const server = await startRaw(() => undefined);
  await server.close();
  return server.port;
}

export async function listening(server: Server): Promise<Omit<OriginServer, 'received'>> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on('connection', (socket: Socket) => {
    accepted++;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    connections: () => accepted,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function echo(request: IncomingMessage, response: ServerResponse, body: string): void {
  const { method, url, headers } = request;
  const text = JSON.stringify({ method, url, headers, body });
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
