import { randomUUID } from 'node:crypto';
import type { Condition } from '../language/condition.ts';
import { compileCondition } from '../language/condition.ts';
import { BodyNeed } from '../message/body-need.ts';
import type { Exchange } from '../message/exchange.ts';
import { Session, type SessionEvent, type SessionOptions } from './session.ts';
import type { TraceCall } from './trace.ts';

/** A session that cannot be opened as asked. */
export class SessionRefusal extends Error {
  override readonly name = 'SessionRefusal';
}

/** Sessions that are open together, and those that are kept in all. zerohop's choice. */
const mostOpen = 20;
const mostKept = 100;
/** Milliseconds that an ended session can still be read. Apigee X: 24 hours; it is memory here. */
const keptMilliseconds = 3_600_000;

/** The debug sessions of a server, open and ended. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  /** Told when the set of open sessions is another. */
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** @throws SessionRefusal for a filter that cannot be read, or one session too many */
  open(options: SessionOptions): Session {
    const open = [...this.#sessions.values()].filter(({ isOpen }) => isOpen);
    if (open.length >= mostOpen) {
      throw new SessionRefusal(`${mostOpen} debug sessions are open; end one of them first.`);
    }
    const filter = readFilter(options.filter);
    const session: Session = new Session(randomUUID(), options, filter, (event) => this.#tell(session, event));
    this.#makeRoom();
    this.#sessions.set(session.id, session);
    this.#tell(session, { type: 'opened', session: session.info() });
    this.#changed();
    return session;
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  /** Oldest first. */
  list(): Session[] {
    return [...this.#sessions.values()];
  }

  /** Ends a session and forgets what it has. */
  delete(id: string): boolean {
    const session = this.#sessions.get(id);
    if (session === undefined) return false;
    session.end('deleted');
    this.#sessions.delete(id);
    return true;
  }

  /** What is recorded now: names of proxies, or everything. */
  wanted(): { readonly all: boolean; readonly proxies: ReadonlySet<string> } {
    const open = this.list().filter(({ isOpen }) => isOpen);
    const all = open.some(({ proxy }) => proxy === undefined);
    return { all, proxies: new Set(open.flatMap(({ proxy }) => proxy ?? [])) };
  }

  /** Open sessions that want a call. The filter is asked, and the call counts. */
  wanting(exchange: Exchange): Session[] {
    return this.list().filter((session) => session.wants(exchange));
  }

  /** Adds the calls of a chain that is over to the sessions that asked for them. */
  keep(call: TraceCall, sessions: readonly Session[]): void {
    for (const session of sessions) session.keep(call);
  }

  /** @returns ends listening */
  readonly listen = (listener: (event: SessionEvent) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  close(): void {
    for (const session of this.#sessions.values()) session.end('closed');
  }

  #tell(session: Session, event: SessionEvent): void {
    for (const listener of this.#listeners) listener(event);
    if (event.type !== 'ended') return;
    setTimeout(() => this.#sessions.delete(session.id), keptMilliseconds).unref();
    this.#changed();
  }

  #makeRoom(): void {
    for (const [id, { isOpen }] of this.#sessions) {
      if (this.#sessions.size < mostKept) return;
      if (!isOpen) this.#sessions.delete(id);
    }
  }
}

/** Apigee X: debugsessions, filter: a condition on the request as it arrives. */
function readFilter(text: string): Condition | undefined {
  if (text.trim() === '') return undefined;
  const compiled = compileCondition(text);
  if (Array.isArray(compiled)) {
    const reasons = compiled.map(({ message }) => message).join('; ');
    throw new SessionRefusal(`The filter cannot be read: ${reasons}.`);
  }
  if (compiled.needs !== BodyNeed.none) {
    throw new SessionRefusal('The filter reads a payload; it is asked before any has arrived.');
  }
  return compiled;
}
