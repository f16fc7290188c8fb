import { type IncomingMessage, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { readChanges, variablesHeader, writeVariables } from './node-variables.ts';

/**
 * The main file of the process of a ScriptTarget: `node-main.js SCRIPT ARGUMENT...`. Whatever port the application's
 * server asks for, it listens on a free one of the loopback interface, which is told to the parent.
 */

type Any = (...parameters: unknown[]) => unknown;

function redirectListen(): void {
  const listen = Server.prototype.listen as unknown as Any;
  let told = false;
  function redirected(this: Server, ...parameters: unknown[]): Server {
    this.once('listening', () => {
      if (told) return;
      told = true;
      process.send?.({ port: (this.address() as AddressInfo).port });
    });
    const callbacks = parameters.filter((one) => typeof one === 'function');
    return listen.call(this, 0, '127.0.0.1', ...callbacks) as Server;
  }
  Object.assign(Server.prototype, { listen: redirected });
}

/** The variables of each request, and what the application does to them: that goes back with the response. */
class RequestVariables {
  readonly #values = new WeakMap<IncomingMessage, Map<string, unknown>>();
  readonly #changes = new WeakMap<IncomingMessage, Map<string, unknown>>();

  /** They are none of the application's headers. */
  take(request: IncomingMessage): void {
    const text = request.headers[variablesHeader];
    if (typeof text !== 'string') return;
    this.#values.set(request, new Map(readChanges(text)));
    delete request.headers[variablesHeader];
    const at = request.rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === variablesHeader);
    if (at !== -1) request.rawHeaders.splice(at, 2);
  }

  get(request: IncomingMessage, name: string): unknown {
    return this.#values.get(request)?.get(name) ?? undefined;
  }

  set(request: IncomingMessage, name: string, value: unknown): void {
    for (const all of [this.#values, this.#changes]) {
      const map = all.get(request) ?? new Map<string, unknown>();
      all.set(request, map.set(name, value));
    }
  }

  changes(request: IncomingMessage): ReadonlyMap<string, unknown> | undefined {
    return this.#changes.get(request);
  }
}

function carryVariables(variables: RequestVariables): void {
  const emit = Server.prototype.emit as unknown as Any;
  const writeHead = ServerResponse.prototype.writeHead as unknown as Any;
  Object.assign(Server.prototype, {
    emit(this: Server, ...parameters: unknown[]) {
      const [name, request] = parameters;
      if (name === 'request') variables.take(request as IncomingMessage);
      return emit.apply(this, parameters);
    },
  });
  Object.assign(ServerResponse.prototype, {
    writeHead(this: ServerResponse, ...parameters: unknown[]) {
      const changes = variables.changes(this.req);
      if (changes !== undefined) this.setHeader(variablesHeader, writeVariables(changes));
      return writeHead.apply(this, parameters);
    },
  });
}

function missing(what: string): () => never {
  return () => {
    throw new Error(`apigee-access: ${what} is not available in zerohop; variables are.`);
  };
}

/** Apigee Edge: apigee-access, the functions for flow variables. */
function accessTo(variables: RequestVariables): object {
  return {
    getMode: () => 'apigee',
    getVariable: (request: IncomingMessage, name: string) => variables.get(request, name),
    setVariable: (request: IncomingMessage, name: string, value: unknown) => variables.set(request, name, value),
    setIntVariable: (request: IncomingMessage, name: string, value: unknown) =>
      variables.set(request, name, Math.trunc(Number(value))),
    deleteVariable: (request: IncomingMessage, name: string) => variables.set(request, name, null),
    getCache: missing('the cache'),
    getVault: missing('the vault'),
    getSecureStore: missing('the secure store'),
    getQuota: missing('the quota service'),
    getOAuth: missing('the OAuth service'),
    getAnalytics: missing('analytics'),
  };
}

function run(): void {
  const variables = new RequestVariables();
  redirectListen();
  carryVariables(variables);
  Object.assign(globalThis, { [Symbol.for('zerohop.apigee-access')]: accessTo(variables) });
  process.on('disconnect', () => process.exit(0));
  const [node = '', , script = '', ...rest] = process.argv;
  const file = resolve(script);
  process.argv = [node, file, ...rest];
  createRequire(file)(file);
}

run();
