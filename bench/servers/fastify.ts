import { answerBody } from '../answer.ts';
import { requireFrom } from './installed.ts';
import { readTask } from './task.ts';

type Fields = Record<string, string | string[] | undefined>;

interface Request {
  readonly url: string;
}

interface Reply {
  header(name: string, value: string): Reply;
  type(value: string): Reply;
  send(body: string): Reply;
  from(path: string, options: { rewriteHeaders?: (headers: Fields) => Fields }): Reply;
}

interface Fastify {
  addContentTypeParser(
    type: string,
    parser: (request: Request, payload: unknown, done: (error: null, body: unknown) => void) => void,
  ): void;
  register(plugin: unknown, options: object): Fastify;
  all(path: string, handler: (request: Request, reply: Reply) => Reply): Fastify;
  listen(options: { port: number; host: string; backlog: number }): Promise<string>;
}

const { workload, port, backendPort, packages } = readTask();
const fastify = requireFrom<(options: object) => Fastify>(packages, 'fastify');
const replyFrom = requireFrom<unknown>(packages, '@fastify/reply-from');
const backend = `http://127.0.0.1:${backendPort}`;
const app = fastify({ logger: false });

// As the documentation of the plug-in has it, so that uploads are passed on without parsing.
app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));

if (workload.kind === 'static')
  app.all('/bench/*', (_request, reply) => reply.type('application/json').send(answerBody));
else {
  // Without a base, since a chain with a backend goes to two places.
  app.register(replyFrom, { undici: { connections: 1024 } });
  if (workload.kind === 'chain') {
    for (let hop = 1; hop <= workload.depth; hop++) addHop(hop, workload.end);
  } else app.all('/bench/*', (request, reply) => reply.from(`${backend}${request.url.slice('/bench'.length)}`, {}));
}

function addHop(hop: number, end: 'static' | 'backend'): void {
  const name = `hop-${hop}`;
  const rewriteHeaders = (headers: Fields): Fields => ({ ...headers, [`x-${name}`]: name });
  app.all(`/${name}/*`, (request, reply) => {
    const suffix = request.url.slice(name.length + 1);
    if (hop > 1) return reply.from(`http://127.0.0.1:${port}/hop-${hop - 1}${suffix}`, { rewriteHeaders });
    if (end === 'static') return reply.header('x-hop-1', 'hop-1').type('application/json').send(answerBody);
    return reply.from(`${backend}${suffix}`, { rewriteHeaders });
  });
}

await app.listen({ port, host: '127.0.0.1', backlog: 4096 });
