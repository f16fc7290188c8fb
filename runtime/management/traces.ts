import { pointsOf } from '../debug/apigee-points.ts';
import type { Session } from '../debug/session.ts';
import type { TraceCall } from '../debug/trace.ts';
import { type ApiAnswer, noContent, ok } from './answer.ts';
import type { ApiContext } from './context.ts';
import { openSession, sessionOf, wholeNumber } from './debug-session.ts';
import { absent, invalid } from './failure.ts';
import { environment, environmentName } from './places.ts';
import type { ApiRequest } from './request.ts';
import type { Route } from './route.ts';

const sessions = `${environment}/apis/{api}/revisions/{revision}/debugsessions`;
const data = `${sessions}/{session}/data`;

/** The emulator's limits. Apigee emulator: 50 transactions, 600 seconds. */
const emulatorCount = 50;
/** Apigee X: debugsessions, count (default 10, at most 15 there), timeout and tracesize. More is allowed here. */
const defaultCount = 10;
const mostCount = 1000;
const defaultTimeout = 600;
const mostTimeout = 86_400;
const defaultTraceSize = 5120;
const mostTraceSize = 1024 * 1024;

/** Debug sessions in the shapes of the Apigee emulator, of Apigee X and of Edge. */
export const traceRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/emulator/trace',
    summary: 'Opens a debug session',
    query: { proxyName: 'the proxy', filter: 'a condition on the request; without it all calls' },
    answers: { 200: 'EmulatorSession' },
    run: emulatorOpen,
  },
  {
    method: 'GET',
    path: '/v1/emulator/trace/transactions',
    summary: 'What a debug session has recorded',
    query: { sessionid: 'the session' },
    answers: { 200: 'EmulatorTransactions' },
    run: (request, context) => ok({ Messages: emulatorSession(request, context).transactions().map(emulatorMessage) }),
  },
  {
    method: 'DELETE',
    path: '/v1/emulator/trace',
    summary: 'Ends a debug session',
    query: { sessionid: 'the session' },
    answers: { 204: null },
    run: (request, context) => {
      context.deployments.debugging.sessions.delete(emulatorSession(request, context).id);
      return noContent;
    },
  },
  {
    method: 'POST',
    path: sessions,
    summary: 'Opens a debug session of a revision that serves',
    query: { timeout: 'seconds until it ends, 600', session: 'Edge: a name, which is not used' },
    body: 'DebugSessionRequest',
    answers: { 200: 'XDebugSession', 201: 'XDebugSession' },
    run: open,
  },
  {
    method: 'GET',
    path: sessions,
    summary: 'Debug sessions of a revision',
    query: { pageSize: 'sessions in one answer, 25', pageToken: 'nextPageToken of the answer before' },
    answers: { 200: 'XDebugSessions' },
    run: list,
  },
  {
    method: 'GET',
    path: `${sessions}/{session}`,
    summary: 'A debug session',
    answers: { 200: 'XDebugSession' },
    run: (request, context) => ok(xSession(ofRevision(request, context))),
  },
  {
    method: 'DELETE',
    path: `${sessions}/{session}`,
    summary: 'Ends a debug session',
    answers: { 204: null },
    run: (request, context) => {
      context.deployments.debugging.sessions.delete(ofRevision(request, context).id);
      return noContent;
    },
  },
  {
    method: 'GET',
    path: data,
    summary: 'Ids of the transactions that were recorded: one for each proxy of a chain, callers first',
    query: { limit: 'at most so many' },
    answers: { 200: 'Names' },
    run: (request, context) => {
      const limit = wholeNumber(request.query.get('limit'), 'limit', 1, Number.MAX_SAFE_INTEGER) ?? mostCount;
      const ids = ofRevision(request, context)
        .transactions()
        .map(({ id }) => id);
      return ok(ids.slice(0, limit));
    },
  },
  {
    method: 'DELETE',
    path: data,
    summary: 'Forgets what a debug session has recorded',
    answers: { 204: null },
    run: (request, context) => {
      ofRevision(request, context).clear();
      return noContent;
    },
  },
  {
    method: 'GET',
    path: `${data}/{transaction}`,
    summary: 'A transaction: its points',
    answers: { 200: 'XTransaction' },
    run: (request, context) => {
      const id = request.key('transaction');
      const call = ofRevision(request, context)
        .transactions()
        .find((one) => one.id === id);
      if (call === undefined) throw absent('debug.TransactionNotFound', `This session has no transaction "${id}".`);
      return ok({ completed: call.completed, point: pointsOf(call) });
    },
  },
];

async function emulatorOpen(request: ApiRequest, context: ApiContext): Promise<ApiAnswer> {
  const session = await openSession(context, {
    proxy: request.queryName('proxyName'),
    revision: undefined,
    filter: request.query.get('filter') ?? '',
    count: emulatorCount,
    rolling: false,
    timeout: defaultTimeout,
    bodyLimit: 64 * 1024,
  });
  const { organization, name } = context.deployments.environment;
  return ok({
    name: session.id,
    sessionId: session.id,
    application: session.proxy,
    organization,
    environment: name,
    timeoutInSeconds: session.options.timeout,
    count: session.options.count,
  });
}

function emulatorSession(request: ApiRequest, context: ApiContext): Session {
  const id = request.query.get('sessionid') ?? request.query.get('sessionId');
  if (id === null || id === '') throw invalid('Name the session: ?sessionid=ID.');
  return sessionOf(id, context);
}

function emulatorMessage(call: TraceCall): object {
  const { id, proxy, completed, parent } = call;
  const link = parent === null ? {} : { parentMessageId: parent };
  return { messageId: id, application: proxy, completed, ...link, point: pointsOf(call) };
}

async function open(request: ApiRequest, context: ApiContext): Promise<ApiAnswer> {
  environmentName(request, context);
  const body = request.contentType.includes('json') ? await request.json() : {};
  const text = (name: string): string | null => {
    const value = body[name] ?? request.query.get(name);
    return value === null || value === undefined ? null : String(value);
  };
  const session = await openSession(context, {
    proxy: request.name('api'),
    revision: request.name('revision'),
    filter: text('filter') ?? '',
    count: wholeNumber(text('count'), 'count', 1, mostCount) ?? defaultCount,
    rolling: false,
    timeout: wholeNumber(text('timeout'), 'timeout', 1, mostTimeout) ?? defaultTimeout,
    bodyLimit: wholeNumber(text('tracesize'), 'tracesize', 0, mostTraceSize) ?? defaultTraceSize,
  });
  return { status: request.style === 'edge' ? 201 : 200, json: xSession(session) };
}

function list(request: ApiRequest, context: ApiContext): ApiAnswer {
  environmentName(request, context);
  const size = wholeNumber(request.query.get('pageSize'), 'pageSize', 1, 1000) ?? 25;
  const from = wholeNumber(request.query.get('pageToken'), 'pageToken', 0, Number.MAX_SAFE_INTEGER) ?? 0;
  const api = request.name('api');
  const all = context.deployments.debugging.sessions.list().filter(({ proxy }) => proxy === api);
  if (request.style === 'edge') return ok(all.map(({ id }) => id));
  const page = all.slice(from, from + size).map(({ id, createdAt }) => ({ id, timestampMs: String(createdAt) }));
  return ok({ sessions: page, ...(from + size < all.length ? { nextPageToken: String(from + size) } : {}) });
}

/** @throws ApiError 404 */
function ofRevision(request: ApiRequest, context: ApiContext): Session {
  environmentName(request, context);
  const session = sessionOf(request.key('session'), context);
  const isOther = session.proxy !== request.name('api');
  if (isOther) throw absent('debug.SessionNotFound', `Session "${session.id}" is about another proxy.`);
  return session;
}

function xSession({ id, options, createdAt }: Session): object {
  return {
    name: id,
    timeout: String(options.timeout),
    count: options.count,
    filter: options.filter,
    tracesize: options.bodyLimit,
    createTime: String(createdAt),
  };
}
