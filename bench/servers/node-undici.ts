import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, type Dispatcher } from 'undici';
import { answerBody } from '../answer.ts';
import { readTask } from './task.ts';

/**
 * What a careful author writes by hand on node:http and undici's dispatch: raw headers, a small answer sent in one
 * piece, backpressure both ways. A chain calls itself over loopback.
 */
const { workload, port, backendPort } = readTask();
const agent = new Agent({ pipelining: 1, connections: 1024 });
const backend = `http://127.0.0.1:${backendPort}`;
const self = `http://127.0.0.1:${port}`;

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'te',
  'upgrade',
  'proxy-connection',
  'trailer',
]);

/** Where a request goes, what is changed in its headers, and what its answer is given. */
interface Plan {
  readonly origin: string;
  readonly path: string;
  readonly headers: string[];
  readonly added: readonly string[];
}

class Answer implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #added: readonly string[];
  #first: Buffer | undefined;
  #left = -1;
  #status = 0;
  #headers: string[] = [];

  constructor(response: ServerResponse, added: readonly string[]) {
    this.#response = response;
    this.#added = added;
  }

  onRequestStart(): void {
    // Nothing to keep: the bench's clients never abort.
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
    const raw = controller.rawHeaders as readonly Buffer[];
    for (let index = 0; index < raw.length; index += 2) {
      const name = raw[index]?.toString('latin1') ?? '';
      const value = raw[index + 1]?.toString('latin1') ?? '';
      if (hopByHop.has(name.toLowerCase())) continue;
      if (name.length === 14 && name.toLowerCase() === 'content-length') this.#left = Number(value);
      this.#headers.push(name, value);
    }
    this.#headers.push(...this.#added);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#headers.length > 0 && this.#first === undefined && chunk.length === this.#left) {
      this.#first = chunk;
      return;
    }
    this.#writeHead();
    if (!this.#response.write(chunk)) {
      controller.pause();
      this.#response.once('drain', () => controller.resume());
    }
  }

  onResponseEnd(): void {
    this.#writeHead();
    this.#response.end(this.#first);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#response.headersSent) this.#response.destroy(error);
    else this.#response.writeHead(502).end(error.message);
  }

  #writeHead(): void {
    if (!this.#response.headersSent) this.#response.writeHead(this.#status, this.#headers);
  }
}

createServer((request, response) => {
  const plan = planOf(request);
  if (plan === undefined) {
    const fields = ['Content-Type', 'application/json', 'Content-Length', String(answerBody.length)];
    response.writeHead(200, [...fields, 'X-Hop-1', 'hop-1']);
    response.end(answerBody);
    return;
  }
  const { origin, path, headers, added } = plan;
  const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
  const method = request.method as Dispatcher.HttpMethod;
  const body = hasBody ? request : null;
  agent.dispatch({ origin, path, method, headers, body }, new Answer(response, added));
}).listen(port, '127.0.0.1', 4096);

/** Undefined: the end of a chain that answers by itself. */
function planOf(request: IncomingMessage): Plan | undefined {
  const url = request.url ?? '/';
  const suffix = url.slice(url.indexOf('/', 1));
  const headers = forwarded(request.rawHeaders);
  if (workload.kind === 'realistic') return realisticPlan(request, suffix, headers);
  if (workload.kind !== 'chain') return { origin: backend, path: suffix, headers, added: [] };
  const hop = Number(url.slice(5, url.indexOf('/', 5)));
  const added = [`X-Hop-${hop}`, `hop-${hop}`];
  if (hop > 1) return { origin: self, path: `/hop-${hop - 1}${suffix}`, headers, added };
  return workload.end === 'static' ? undefined : { origin: backend, path: suffix, headers, added };
}

function forwarded(raw: readonly string[]): string[] {
  const headers: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (!hopByHop.has(name.toLowerCase())) headers.push(name, raw[index + 1] ?? '');
  }
  return headers;
}

/** By hand what bench/realistic-proxy.ts declares. */
function realisticPlan(request: IncomingMessage, suffix: string, headers: string[]): Plan {
  const [path = '', query = ''] = suffix.split('?');
  const id = /^\/products\/([^/]+)$/.exec(path)?.[1] ?? '';
  const fields = new URLSearchParams(query).get('fields') ?? '';
  const given = request.headers;
  if (given['x-api-key'] === undefined || /[^a-z,]/.test(fields) || given.accept?.includes('json') !== true) {
    throw new Error('The bench sends only requests that are accepted');
  }
  const sent: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    const low = name.toLowerCase();
    if (low === 'x-api-key' || low === 'cookie' || low === 'x-correlation-id') continue;
    sent.push(name, headers[index + 1] ?? '');
  }
  sent.push('X-Product', id, 'X-Correlation-Id', `${given['x-correlation-id'] ?? ''}-/bench`);
  return { origin: backend, path: suffix, headers: sent, added: ['X-Product', id, 'Cache-Control', 'no-store'] };
}
