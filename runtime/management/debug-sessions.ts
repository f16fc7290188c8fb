import { edgeXml } from '../debug/edge-xml.ts';
import type { KeptCall, Session, SessionEvent } from '../debug/session.ts';
import { callsOf, type TraceCall } from '../debug/trace.ts';
import { type ApiAnswer, created, noContent, ok } from './answer.ts';
import type { ApiContext } from './context.ts';
import { openSession, sessionOf, wholeNumber } from './debug-session.ts';
import type { EventSource, StreamEvent } from './event-stream.ts';
import { absent, invalid } from './failure.ts';
import { type ApiRequest, checkedName } from './request.ts';
import type { Route } from './route.ts';

const sessions = '/v1/zerohop/debugsessions';
const one = `${sessions}/{session}`;

/** Debug sessions as zerohop itself shows them: whole chains, and live. docs/debugging.md */
export const debugSessionRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: sessions,
    summary: 'Debug sessions, open and ended, oldest first',
    answers: { 200: 'DebugSessions' },
    run: (_, { deployments }) =>
      ok({ sessions: deployments.debugging.sessions.list().map((session) => session.info()) }),
  },
  {
    method: 'POST',
    path: sessions,
    summary: 'Opens a debug session, of one proxy or of all',
    body: 'DebugSessionRequest',
    answers: { 201: 'DebugSession' },
    run: open,
  },
  {
    method: 'GET',
    path: `${sessions}/events`,
    summary: 'Live: sessions that are opened and ended, and calls that are recorded',
    answers: { 200: 'events' },
    run: (_, { deployments }) => ({ status: 200, events: allEvents(deployments.debugging.sessions.listen) }),
  },
  {
    method: 'GET',
    path: one,
    summary: 'A debug session',
    answers: { 200: 'DebugSession' },
    run: (request, context) => ok(sessionOf(request.key('session'), context).info()),
  },
  {
    method: 'DELETE',
    path: one,
    summary: 'Ends a debug session and forgets what it recorded',
    answers: { 204: null },
    run: (request, context) => {
      context.deployments.debugging.sessions.delete(sessionOf(request.key('session'), context).id);
      return noContent;
    },
  },
  {
    method: 'POST',
    path: `${one}/end`,
    summary: 'Ends a debug session; what it recorded stays',
    answers: { 200: 'DebugSession' },
    run: (request, context) => {
      const session = sessionOf(request.key('session'), context);
      session.end('ended');
      return ok(session.info());
    },
  },
  {
    method: 'GET',
    path: `${one}/events`,
    summary: 'Live: calls of a session, those it has first; ends with the session',
    query: { after: 'number of the last call that is known; so does the header Last-Event-ID' },
    answers: { 200: 'events' },
    run: events,
  },
  {
    method: 'GET',
    path: `${one}/calls`,
    summary: 'Calls of a session, in short',
    query: { after: 'number of the last call that is known' },
    answers: { 200: 'TraceCalls' },
    run: (request, context) => {
      const after = wholeNumber(request.query.get('after'), 'after', 0, Number.MAX_SAFE_INTEGER) ?? 0;
      const { calls } = sessionOf(request.key('session'), context);
      return ok({ calls: calls.filter(({ number }) => number > after).map(summaryOf) });
    },
  },
  {
    method: 'DELETE',
    path: `${one}/calls`,
    summary: 'Forgets the calls of a session',
    answers: { 204: null },
    run: (request, context) => {
      sessionOf(request.key('session'), context).clear();
      return noContent;
    },
  },
  {
    method: 'GET',
    path: `${one}/calls/{call}`,
    summary: 'A call with the whole chain in it',
    query: { format: 'json, or edge-xml: the file that viewers of Edge read' },
    answers: { 200: ['TraceCall', 'xml'] },
    run: oneCall,
  },
];

const members: readonly string[] = ['proxy', 'revision', 'filter', 'count', 'rolling', 'timeout', 'bodyLimit'];

async function open(request: ApiRequest, context: ApiContext): Promise<ApiAnswer> {
  const body = await request.json();
  const unknown = Object.keys(body).find((name) => !members.includes(name));
  if (unknown !== undefined) throw invalid(`"${unknown.slice(0, 40)}" is no member: ${members.join(', ')} are.`);
  const text = (name: string): string | null => {
    const value = body[name];
    return value === null || value === undefined ? null : String(value);
  };
  const proxy = text('proxy');
  const revision = text('revision');
  const isRolling = body.rolling === true;
  if (body.rolling !== undefined && typeof body.rolling !== 'boolean') throw invalid('"rolling" is true or false.');
  const session = await openSession(context, {
    proxy: proxy === null ? undefined : checkedName(proxy, 'proxy'),
    revision: revision === null ? undefined : checkedName(revision, 'revision'),
    filter: text('filter') ?? '',
    count: wholeNumber(text('count'), 'count', 1, 1000) ?? 50,
    rolling: isRolling,
    timeout: wholeNumber(text('timeout'), 'timeout', 1, 86_400) ?? 600,
    bodyLimit: wholeNumber(text('bodyLimit'), 'bodyLimit', 0, 1024 * 1024) ?? 64 * 1024,
  });
  return created(session.info());
}

function oneCall(request: ApiRequest, context: ApiContext): ApiAnswer {
  const session = sessionOf(request.key('session'), context);
  const id = request.key('call');
  const call = session.transactions().find((found) => found.id === id);
  if (call === undefined) throw absent('debug.CallNotFound', `This session has no call "${id}".`);
  const format = request.query.get('format') ?? 'json';
  if (format === 'json') return ok(call);
  if (format !== 'edge-xml') throw invalid(`"format" is json or edge-xml, not "${format.slice(0, 40)}".`);
  return { status: 200, bytes: Buffer.from(edgeXml(callsOf(call), session.id)), contentType: 'application/xml' };
}

function events(request: ApiRequest, context: ApiContext): ApiAnswer {
  const session = sessionOf(request.key('session'), context);
  const last = request.query.get('after') ?? request.header('last-event-id') ?? null;
  const after = wholeNumber(last, 'after', 0, Number.MAX_SAFE_INTEGER) ?? 0;
  return { status: 200, events: sessionEvents(session, after, context.deployments.debugging.sessions.listen) };
}

type Listen = (listener: (event: SessionEvent) => void) => () => void;

/** What the session has, then what comes, up to its end. */
function sessionEvents(session: Session, after: number, listen: Listen): EventSource {
  return (send, end) => {
    send({ type: 'session', data: session.info() });
    for (const { number, call } of session.calls) {
      if (number > after) send({ type: 'call', id: String(number), data: { number, call } });
    }
    const finish = (): void => {
      send({ type: 'ended', data: session.info() });
      end();
    };
    if (!session.isOpen) {
      finish();
      return () => undefined;
    }
    return listen((event) => {
      if (event.type === 'call' && event.session === session.id) {
        send({ type: 'call', id: String(event.number), data: { number: event.number, call: event.call } });
      } else if (event.type === 'ended' && event.session.id === session.id) finish();
    });
  };
}

function allEvents(listen: Listen): EventSource {
  return (send) => listen((event) => send(streamEvent(event)));
}

function streamEvent(event: SessionEvent): StreamEvent {
  if (event.type !== 'call') return { type: event.type, data: event.session };
  const { session, number, call } = event;
  return { type: 'call', data: { session, ...summaryOf({ number, call }) } };
}

function summaryOf({ number, call }: Pick<KeptCall, 'number' | 'call'>): object {
  const { id, proxy, revision, endpoint, caller, verb, uri, status, startedAt, duration, completed, fault } = call;
  return {
    ...{ number, id, proxy, revision, endpoint, caller, verb, uri, status, startedAt, duration, completed, fault },
    chain: callsOf(call).map(chainLink),
  };
}

function chainLink({ id, parent, proxy, status, duration, fault }: TraceCall): object {
  return { id, parent, proxy, status, duration, fault: fault === null ? null : fault.code };
}
