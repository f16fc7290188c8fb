import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { freePort } from '../test/support/free-port.ts';
import { writeFiles } from './files.ts';
import { builtFile, type Running, startServer } from './process.ts';

/** What connections cost that do nothing, and answers that nobody reads. `node dist/bench/memory.js` prints it. */
export interface MemoryOptions {
  /** Connections that are open and idle, after one request each. */
  readonly connections: number;
  /** Clients that ask for a large answer and read nothing of it for a while. */
  readonly readers: number;
  /** Bytes of that answer. */
  readonly size: number;
  /** Local targets between the client and the target that sends it. */
  readonly depth: number;
}

/** Megabytes. */
export interface Memory {
  readonly rss: number;
  readonly heap: number;
}

export interface MemoryResult {
  readonly start: Memory;
  readonly idle: Memory;
  /** While nobody reads. */
  readonly unread: Memory;
  /** While all is read, the most that was seen. */
  readonly read: Memory;
}

const megabyte = 1024 * 1024;

export async function measureMemory(options: MemoryOptions): Promise<MemoryResult> {
  const folder = mkdtempSync(join(tmpdir(), 'zerohop-memory-'));
  const origin = createServer((request, response) => sendBytes(request, response));
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  const { port: originPort } = origin.address() as AddressInfo;
  writeFiles(folder, bundles(originPort, options.depth));
  const [port, management] = [await freePort(), await freePort()];
  const ports = ['--port', String(port), '--management-port', String(management), '--store', 'memory'];
  const command = [process.execPath, builtFile('../runtime/main.js'), 'serve', folder, ...ports];
  const server = await startServer({ command, port, cpu: 0, path: '/p0/0' });
  try {
    return await measure(options, server, management);
  } finally {
    await server.stop();
    origin.closeAllConnections();
    origin.close();
    rmSync(folder, { recursive: true });
  }
}

async function measure(options: MemoryOptions, server: Running, management: number): Promise<MemoryResult> {
  const memory = () => memoryOf(server, management);
  await pause(1_000);
  const start = await memory();
  const idle: Socket[] = [];
  for (let count = 0; count < options.connections; count++) idle.push(await answered(server.port));
  await pause(500);
  const afterIdle = await memory();
  for (const socket of idle) socket.destroy();
  const path = `/p${options.depth}/${options.size}`;
  const readers = Array.from({ length: options.readers }, () => reader(server.port, path));
  await pause(3_000);
  const unread = await memory();
  let read = unread;
  const all = readers.map(({ socket, whole }) => {
    socket.resume();
    return whole(options.size);
  });
  let done = false;
  const finished = Promise.all(all).then(() => {
    done = true;
  });
  while (!done) {
    const now = await memory();
    if (now.rss > read.rss) read = now;
    await Promise.race([finished, pause(200)]);
  }
  for (const { socket } of readers) socket.destroy();
  return { start, idle: afterIdle, unread, read };
}

/** A connection that has had one answer. */
function answered(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /p0/0 HTTP/1.1\r\nHost: a\r\n\r\n'));
    socket.once('data', () => resolve(socket));
    socket.on('error', reject);
  });
}

function reader(port: number, path: string): { socket: Socket; whole: (size: number) => Promise<void> } {
  const socket = connect(port, '127.0.0.1', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`));
  let received = 0;
  let enough: (() => void) | undefined;
  let wanted = Number.POSITIVE_INFINITY;
  socket.on('error', (error) => console.error(`A reader failed: ${error.message}`));
  socket.on('data', (part) => {
    received += part.length;
    if (received > wanted) enough?.();
  });
  socket.pause();
  const whole = (size: number): Promise<void> =>
    new Promise((resolve) => {
      wanted = size;
      enough = resolve;
    });
  return { socket, whole };
}

async function memoryOf({ pids }: Running, management: number): Promise<Memory> {
  const rss = pids
    .map((pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0))
    .reduce((all, one) => Math.max(all, one), 0);
  const metrics = await metricsOf(management);
  const heap = Number(/^nodejs_heap_size_used_bytes (\S+)/m.exec(metrics)?.[1] ?? 0);
  return { rss: Math.round(rss / 1024), heap: Math.round(heap / megabyte) };
}

function metricsOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/metrics', agent: false }, (response) => {
      let text = '';
      response.on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });
}

/** `/N`: N bytes, as fast as the other side reads. */
function sendBytes(request: IncomingMessage, response: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  let left = Number(/\d+$/.exec(request.url ?? '')?.[0] ?? 0);
  response.writeHead(200, { 'Content-Length': left });
  const write = (): void => {
    while (left > 0) {
      const part = left < chunk.length ? chunk.subarray(0, left) : chunk;
      left -= part.length;
      if (!response.write(part)) {
        response.once('drain', write);
        return;
      }
    }
    response.end();
  };
  write();
}

/** Proxies `p0` to `pN`: the first calls the target, each other the one before, in memory. */
function bundles(originPort: number, depth: number): Record<string, string> {
  const files: Record<string, string> = {};
  for (let index = 0; index <= depth; index++) {
    const name = `p${index}`;
    const properties = '<Properties><Property name="response.streaming.enabled">true</Property></Properties>';
    const connection =
      index === 0
        ? `<HTTPTargetConnection>${properties}<URL>http://127.0.0.1:${originPort}</URL></HTTPTargetConnection>`
        : `<LocalTargetConnection><APIProxy>p${index - 1}</APIProxy><ProxyEndpoint>default</ProxyEndpoint></LocalTargetConnection>`;
    files[`${name}/apiproxy/${name}.xml`] = `<APIProxy name="${name}"/>`;
    files[`${name}/apiproxy/proxies/default.xml`] =
      `<ProxyEndpoint name="default"><HTTPProxyConnection><BasePath>/${name}</BasePath>${properties}</HTTPProxyConnection><RouteRule name="r"><TargetEndpoint>default</TargetEndpoint></RouteRule></ProxyEndpoint>`;
    files[`${name}/apiproxy/targets/default.xml`] = `<TargetEndpoint name="default">${connection}</TargetEndpoint>`;
  }
  return files;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const options = { connections: 2_000, readers: 50, size: 50 * megabyte, depth: 2 };
  const { start, idle, unread, read } = await measureMemory(options);
  const line = (name: string, { rss, heap }: Memory): void => {
    const more = rss - start.rss;
    console.log(`${name.padEnd(58)} RSS ${rss} MB (${more >= 0 ? '+' : ''}${more}), heap ${heap} MB`);
  };
  line('at rest', start);
  line(`${options.connections} idle connections`, idle);
  line(`${options.readers} answers of 50 MB through a chain of 3, unread`, unread);
  line('the same, while they are read', read);
}
