import type { Client, ServiceClientConstructor, ServiceError } from '@grpc/grpc-js';
import type { ConnectionCompiler } from '../flow/connections.ts';
import type { Exchange } from '../message/exchange.ts';
import { type GrpcConnection, GrpcFailure } from '../policies/grpc-connection.ts';
import type { MessageContext } from '../policies/message-context.ts';
import { externalCalloutDescriptor } from './grpc-descriptor.ts';
import { serverTls, type TlsIdentity } from './tls.ts';

/** The library, and a constructor of clients of the one service. */
interface Grpc {
  readonly library: typeof import('@grpc/grpc-js');
  readonly service: ServiceClientConstructor;
}

/** As for other responses. */
const largestMessage = 10 * 1024 * 1024;

/** The gRPC servers that are called: one client for each, whoever calls it. The library is loaded for the first. */
export class GrpcServers {
  readonly #clients = new Map<string, Client>();
  #loading: Promise<Grpc> | undefined;

  /** @param name of a target server; one that is not there fails at every call, and is reported by whoever compiles */
  connection(name: string, compiler: ConnectionCompiler): GrpcConnection {
    const server = compiler.environment.targetServers.get(name);
    if (server === undefined || !server.isEnabled) {
      const problem = new GrpcFailure('call', `UNAVAILABLE: there is no target server ${name}`);
      return { audience: undefined, prepare: () => undefined, call: () => Promise.reject(problem) };
    }
    const tls = server.sSLInfo === undefined ? undefined : serverTls(server.sSLInfo, true, compiler);
    const host = server.host.includes(':') ? `[${server.host}]` : server.host;
    const address = `dns:${host}:${server.port}`;
    return {
      audience: `https://${host}`,
      prepare: () => this.#load(),
      call: async (exchange, context, metadata, timeoutMilliseconds) => {
        const grpc = await this.#load();
        const client = this.#client(grpc, address, identityOf(tls?.fixed));
        return call(grpc, client, exchange, context, metadata, timeoutMilliseconds);
      },
    };
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  #load(): Promise<Grpc> {
    this.#loading ??= loadGrpc();
    return this.#loading;
  }

  #client({ library, service }: Grpc, address: string, identity: TlsIdentity | undefined): Client {
    const key = `${address} ${identity?.key ?? ''}`;
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    const made = new service(address, credentialsOf(library, identity), {
      'grpc.enable_http_proxy': 0,
      'grpc.max_receive_message_length': largestMessage,
      // A server that is back is called again at once, and not after minutes.
      'grpc.max_reconnect_backoff_ms': 1000,
    });
    this.#clients.set(key, made);
    return made;
  }
}

/** @throws GrpcFailure for stores that are not there */
function identityOf(fixed: (() => TlsIdentity | undefined) | undefined): TlsIdentity | undefined {
  try {
    return fixed?.();
  } catch (error) {
    throw new GrpcFailure('tls', error instanceof Error ? error.message : String(error));
  }
}

function credentialsOf({ credentials }: Grpc['library'], identity: TlsIdentity | undefined) {
  const { secureContext, checkServerIdentity, rejectUnauthorized } = identity?.options ?? {};
  if (secureContext === undefined) return credentials.createInsecure();
  return credentials.createFromSecureContext(secureContext, {
    ...(checkServerIdentity === undefined ? {} : { checkServerIdentity }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  });
}

async function loadGrpc(): Promise<Grpc> {
  const [library, { fromJSON }] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')]);
  const descriptor = externalCalloutDescriptor() as Parameters<typeof fromJSON>[0];
  const types = fromJSON(descriptor, { keepCase: true, longs: Number });
  const { apigee } = library.loadPackageDefinition(types) as unknown as {
    readonly apigee: { readonly ExternalCalloutService: ServiceClientConstructor };
  };
  return { library, service: apigee.ExternalCalloutService };
}

function call(
  { library }: Grpc,
  client: Client,
  exchange: Exchange,
  context: MessageContext,
  metadata: readonly (readonly [string, string])[],
  timeoutMilliseconds: number,
): Promise<MessageContext> {
  const fields = new library.Metadata();
  for (const [name, value] of metadata) fields.set(name, value);
  const { cdnLoop } = exchange.client;
  const { cdnLoopId } = exchange.surroundings;
  fields.set('cdn-loop', cdnLoop === undefined ? cdnLoopId : `${cdnLoop}, ${cdnLoopId}`);
  const own = Date.now() + timeoutMilliseconds;
  const deadline = exchange.deadline === 0 ? own : Math.min(own, exchange.deadline);
  return new Promise((resolve, reject) => {
    const method = (client as unknown as { readonly ProcessMessage: ProcessMessage }).ProcessMessage.bind(client);
    const running = method(context, fields, { deadline }, (error, answer) => {
      exchange.settled(cancel);
      if (error === null) resolve(answer ?? {});
      else reject(new GrpcFailure('call', statusText(library, error, timeoutMilliseconds)));
    });
    const cancel = (): void => running.cancel();
    exchange.onAbort(cancel);
  });
}

type ProcessMessage = (
  context: MessageContext,
  metadata: import('@grpc/grpc-js').Metadata,
  options: { readonly deadline: number },
  done: (error: ServiceError | null, answer: MessageContext | undefined) => void,
) => { cancel(): void };

/** Addresses, which the library puts into its own texts, are nothing for clients. */
function statusText({ status }: Grpc['library'], error: ServiceError, timeoutMilliseconds: number): string {
  if (error.code === status.UNAVAILABLE) return 'UNAVAILABLE: io exception';
  if (error.code === status.DEADLINE_EXCEEDED) {
    return `DEADLINE_EXCEEDED: deadline exceeded after ${timeoutMilliseconds} ms`;
  }
  return `${status[error.code]}: ${error.details}`;
}
