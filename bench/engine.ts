import { load } from '../runtime/bundle/load.ts';
import { deployLoaded } from '../runtime/deployment/deploy-loaded.ts';
import { Engines } from '../runtime/deployment/engines.ts';
import type { Snapshot } from '../runtime/deployment/snapshot.ts';
import { createVariableAccess } from '../runtime/language/variables.ts';
import { Body } from '../runtime/message/body.ts';
import { type Client, Exchange, type Surroundings } from '../runtime/message/exchange.ts';
import { Headers } from '../runtime/message/headers.ts';
import { Message } from '../runtime/message/message.ts';
import { Consumers } from '../runtime/state/consumers.ts';
import { MemoryStore } from '../runtime/state/memory.ts';
import type { Store } from '../runtime/state/store.ts';
import { createConnections } from '../runtime/target/connections.ts';

/** Everything of a gateway but its sockets. */
export interface Engine {
  readonly snapshot: Snapshot;
  /** Findings of bundles that were refused, by bundle name. */
  readonly refused: ReadonlyMap<string, string>;
  /** Runs one request through the proxy of that path. */
  run(request: EngineRequest): Promise<Exchange>;
  close(): Promise<void>;
}

export interface EngineRequest {
  /** Path without query. */
  readonly path: string;
  readonly query: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** @param store closed with the engine */
export async function openEngine(folder: string, store: Store = new MemoryStore()): Promise<Engine> {
  const connections = createConnections();
  const engines = new Engines('quickjs');
  const { snapshot, bundles } = await deployLoaded(await load(folder), {
    store,
    connections,
    engines,
    consumers: new Consumers(),
  });
  const faulty = bundles.filter(({ state }) => state === 'refused');
  const surroundings = surroundingsOf();
  return {
    snapshot,
    refused: new Map(
      faulty.map(({ name, diagnostics }) => [
        name,
        diagnostics
          .filter((one) => one.severity === 'error')
          .map((one) => one.message)
          .join('; '),
      ]),
    ),
    run: async (request) => {
      const exchange = exchangeOf(snapshot, surroundings, request);
      const outcome = exchange.endpoint.run(exchange);
      if (outcome !== undefined) await outcome;
      const finished = exchange.endpoint.finish(exchange);
      if (finished !== undefined) await finished;
      return exchange;
    },
    close: async () => {
      await connections.close();
      await engines.close();
      await store.close();
    },
  };
}

function exchangeOf(snapshot: Snapshot, surroundings: Surroundings, request: EngineRequest): Exchange {
  const endpoint = snapshot.endpointByPath(request.path);
  if (endpoint === undefined) throw new Error(`No proxy serves ${request.path}`);
  const body = request.body.length === 0 ? Body.empty : Body.ofBytes(request.body);
  const message = new Message('request', new Headers([...request.headers]), body);
  message.verb = request.body.length === 0 ? 'GET' : 'POST';
  message.path = request.path;
  message.querystring = request.query;
  const suffix = request.path.slice(endpoint.basePath.length);
  return new Exchange(snapshot, surroundings, endpoint, client, undefined, message, suffix, Date.now());
}

const client: Client = {
  ip: '203.0.113.7',
  port: 40123,
  scheme: 'http',
  host: 'bench.example.com',
  cdnLoop: undefined,
  tls: undefined,
};

function surroundingsOf(): Surroundings {
  return {
    cdnLoopId: 'zerohop-bench',
    maxChainDepth: 32,
    maxChainCalls: 1024,
    port: 8998,
    counter: { count: () => undefined },
    variables: createVariableAccess(),
    report: (error) => {
      throw error;
    },
  };
}
