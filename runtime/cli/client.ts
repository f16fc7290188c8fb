import type { Diagnostic } from '../diagnostic.ts';
import { nearest } from '../diagnostic.ts';
import { CommandFailure, UsageError } from '../settings.ts';
import { readEvents, type ServerEvent } from './server-events.ts';

/** Options of the commands that talk to a running server. */
export interface ServerOptions {
  readonly server: string;
  readonly token?: string;
  readonly environment?: string;
  readonly json?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** An answer that says no. `diagnostics`: what the server found wrong in a bundle. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  readonly diagnostics: readonly Diagnostic[];

  constructor(status: number, message: string, diagnostics: readonly Diagnostic[]) {
    super(message);
    this.status = status;
    this.diagnostics = diagnostics;
  }
}

/** The two kinds of bundles, as the management API names their resources. */
export type Collection = 'apis' | 'sharedflows';

/** The management port of a running server. Every failure but `Refused` is told to the user as it is. */
export class Client {
  readonly #base: string;
  readonly #token: string | undefined;
  readonly #environment: string | undefined;
  #place: Promise<{ organization: string; environment: string }> | undefined;

  constructor({ server, token, environment }: ServerOptions) {
    this.#base = baseOf(server);
    this.#token = token;
    this.#environment = environment;
  }

  /** Path of a resource of the organization. */
  async organizationPath(...parts: readonly string[]): Promise<string> {
    const { organization } = await this.#where();
    return `/v1/organizations/${[organization, ...parts].map(encodeURIComponent).join('/')}`;
  }

  async environmentPath(...parts: readonly string[]): Promise<string> {
    const { environment } = await this.#where();
    return this.organizationPath('environments', environment, ...parts);
  }

  /** The answer's JSON. @throws Refused when the status is not 2xx, CommandFailure when there is no server to talk to */
  async ask(method: string, path: string, body?: Uint8Array, type?: string): Promise<unknown> {
    const response = await this.#send(method, path, body, type);
    const text = await response.text();
    if (response.status === 401) throw new CommandFailure(this.#tokenProblem());
    const json = parseJson(text);
    if (response.ok) return json;
    if (json === undefined) {
      const what = `${response.status} ${response.headers.get('content-type') ?? 'without a type'}`;
      throw new CommandFailure(`${this.#base} is not the management port of a zerohop: it answered ${what}.`);
    }
    throw new Refused(response.status, messageOf(json) ?? `The server answered ${response.status}.`, findingsOf(json));
  }

  /** As `ask`, with a JSON value. */
  askWith(method: string, path: string, value: unknown): Promise<unknown> {
    return this.ask(method, path, Buffer.from(JSON.stringify(value)), 'application/json');
  }

  /** A stream of server-sent events, until the server ends it or `signal` does. */
  async events(path: string, signal: AbortSignal): Promise<AsyncIterable<ServerEvent>> {
    const response = await this.#send('GET', path, undefined, undefined, signal);
    if (response.status === 401) throw new CommandFailure(this.#tokenProblem());
    if (!response.ok || response.body === null) {
      throw new CommandFailure(`${this.#base}${path} answered ${response.status}.`);
    }
    return readEvents(response.body);
  }

  async #send(
    method: string,
    path: string,
    body: Uint8Array | undefined,
    type = 'application/octet-stream',
    signal?: AbortSignal,
  ): Promise<Response> {
    const headers: Record<string, string> = { Accept: 'application/json, text/plain' };
    if (this.#token !== undefined) headers.Authorization = `Bearer ${this.#token}`;
    if (body !== undefined) headers['Content-Type'] = type;
    try {
      return await fetch(this.#base + path, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw new CommandFailure(this.#unreachable(error));
    }
  }

  #where(): Promise<{ organization: string; environment: string }> {
    this.#place ??= this.ask('GET', '/v1/emulator/version').then((version) => ({
      organization: textMember(version, 'organization') ?? 'zerohop',
      environment: this.#environment ?? textMember(version, 'environment') ?? 'local',
    }));
    return this.#place;
  }

  #tokenProblem(): string {
    return this.#token === undefined
      ? `The server at ${this.#base} asks for a token: give it with --token or ZEROHOP_TOKEN.`
      : `The server at ${this.#base} does not accept this token (--token or ZEROHOP_TOKEN).`;
  }

  #unreachable(error: unknown): string {
    const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
    const start = 'Start one with "zerohop serve" or "zerohop dev", or name it with --server URL.';
    if (cause?.code === 'ECONNREFUSED') return `No server listens at ${this.#base}. ${start}`;
    return `The server at ${this.#base} cannot be reached: ${cause?.message ?? String(error)}. ${start}`;
  }
}

/** @throws UsageError */
function baseOf(server: string): string {
  const text = /^https?:\/\//i.test(server) ? server : `http://${server}`;
  if (!URL.canParse(text)) throw new UsageError(`--server is "${server}"; write a URL such as http://127.0.0.1:8080.`);
  return new URL(text).href.replace(/\/+$/, '').replace(/\/v1$/, '');
}

function parseJson(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    // Something else listens there; who asks says so.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A member of a JSON object; undefined when that is no object or has none. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

export function textMember(value: unknown, name: string): string | undefined {
  const found = member(value, name);
  return typeof found === 'string' ? found : undefined;
}

export function listMember(value: unknown, name: string): readonly unknown[] {
  const found = member(value, name);
  return Array.isArray(found) ? found : [];
}

function messageOf(json: unknown): string | undefined {
  return textMember(member(json, 'error'), 'message') ?? textMember(json, 'message');
}

/** `error.details[].diagnostics` */
function findingsOf(json: unknown): Diagnostic[] {
  const details = listMember(member(json, 'error'), 'details');
  return details.flatMap((detail) => listMember(detail, 'diagnostics')).filter(isDiagnostic);
}

/** Whether a part of an answer is a finding. */
export function isDiagnostic(value: unknown): value is Diagnostic {
  return (
    textMember(value, 'file') !== undefined &&
    textMember(value, 'message') !== undefined &&
    typeof member(value, 'line') === 'number'
  );
}

/** A name that the server does not know, with what was probably meant. */
export function unknownName(what: string, name: string, known: Iterable<string>): CommandFailure {
  const [best] = nearest(name, known);
  const hint = best === undefined ? 'See what there is with "zerohop list".' : `Did you mean "${best}"?`;
  return new CommandFailure(`There is no ${what} "${name}" on the server. ${hint}`);
}
