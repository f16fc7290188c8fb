import type { Socket } from 'node:net';
import { type ConnectionOptions, TLSSocket } from 'node:tls';
import { buildConnector, Client } from 'undici';
import { subjectVariables } from './certificate.ts';
import { skipContinue } from './interim.ts';
import type { TlsIdentity } from './tls.ts';

/** Bytes of headers a response may have. Apigee: limits. */
const headerLimit = 60 * 1024;
/** Closes before the moment the target says it will, milliseconds. */
const keepAliveMargin = 1_000;

/** What connections to one place have in common. Times in milliseconds. */
export interface PoolOptions {
  readonly origin: string;
  readonly connectTimeout: number;
  readonly keepAliveTimeout: number;
  readonly resumesTls: boolean;
  /** Undefined for http. */
  readonly tls: TlsIdentity | undefined;
}

/** All connections of one set of targets, by origin, TLS identity and timeouts. */
export class ConnectionPools {
  readonly #pools = new Map<string, ConnectionPool>();
  #closed = false;

  /** The pool for these options; a pool goes when its last connection does. */
  get(options: PoolOptions): ConnectionPool {
    const { origin, connectTimeout, keepAliveTimeout, resumesTls, tls } = options;
    const key = `${origin} ${connectTimeout} ${keepAliveTimeout} ${resumesTls} ${tls?.key ?? ''}`;
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const pool = new ConnectionPool(options, () => this.#pools.delete(key));
    if (this.#closed) pool.close();
    else this.#pools.set(key, pool);
    return pool;
  }

  get size(): number {
    return this.#pools.size;
  }

  /** Idle connections go now, the others after their request. */
  close(): void {
    this.#closed = true;
    for (const pool of this.#pools.values()) pool.close();
    this.#pools.clear();
  }
}

/** Connections to one place: the one used last is used first, so that spare ones grow old and are closed. */
export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #connector: buildConnector.connector;
  readonly #idle: Connection[] = [];
  readonly #onEmpty: () => void;
  #open = 0;
  #closed = false;

  constructor(options: PoolOptions, onEmpty: () => void) {
    this.#options = options;
    this.#onEmpty = onEmpty;
    const tls: ConnectionOptions = options.tls?.options ?? {};
    this.#connector = buildConnector({
      ...tls,
      timeout: options.connectTimeout,
      ...(options.resumesTls ? {} : { maxCachedSessions: 0 }),
    } as buildConnector.BuildOptions);
  }

  /** A connection for one request. @param anew not one that was used before */
  take(anew: boolean): Connection {
    const idle = anew ? undefined : this.#idle.pop();
    if (idle !== undefined) return idle;
    this.#open++;
    return new Connection(this.#options, this.#connector, this);
  }

  /** Back from its request, to be used again. */
  giveBack(connection: Connection): void {
    if (this.#closed || !connection.isOpen) this.#drop(connection);
    else this.#idle.push(connection);
  }

  /** Closed by the other side, or after its idle time. */
  lost(connection: Connection): void {
    const index = this.#idle.indexOf(connection);
    if (index === -1) return;
    this.#idle.splice(index, 1);
    this.#drop(connection);
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#idle.splice(0)) this.#drop(connection);
  }

  #drop(connection: Connection): void {
    connection.close();
    this.#open--;
    if (this.#open === 0) this.#onEmpty();
  }
}

/** Who is at the other end. */
export interface Peer {
  readonly ip: string | undefined;
  /** Subject of its certificate by variable name; undefined without TLS. */
  readonly certificate: ReadonlyMap<string, string> | undefined;
}

/** One connection, one request at a time. */
export class Connection {
  readonly client: Client;
  peer: Peer | undefined;
  isOpen = false;
  /** Whether no request has been sent over it yet. */
  isNew = true;
  /** The socket reported an error; undici takes a reset for the end of a payload without length. */
  isBroken = false;
  /** A request was sent, nothing of its response has come. */
  awaitsHead = false;
  readonly #pool: ConnectionPool;

  constructor(options: PoolOptions, connector: buildConnector.connector, pool: ConnectionPool) {
    this.#pool = pool;
    const { origin, keepAliveTimeout } = options;
    this.client = new Client(origin, {
      pipelining: 1,
      maxHeaderSize: headerLimit,
      keepAliveTimeout,
      keepAliveMaxTimeout: keepAliveTimeout,
      keepAliveTimeoutThreshold: keepAliveMargin,
      connect: (connectOptions, callback) =>
        connector(connectOptions, (...result) => {
          const [failure, socket] = result;
          if (failure === null && socket !== null) this.#connected(socket);
          callback(...result);
        }),
    });
    this.client.on('disconnect', () => {
      this.isOpen = false;
      pool.lost(this);
    });
  }

  /** The request is over. */
  release(): void {
    this.#pool.giveBack(this);
  }

  close(): void {
    // A connection that a broken request leaves behind may still be closing: destroying it waits for nobody.
    this.client.destroy(() => undefined);
  }

  #connected(socket: Socket): void {
    this.isOpen = true;
    this.isNew = true;
    this.isBroken = false;
    const certificate = socket instanceof TLSSocket ? subjectVariables(socket.getPeerCertificate()) : undefined;
    this.peer = { ip: socket.remoteAddress, certificate };
    socket.prependListener('error', () => {
      this.isBroken = true;
    });
    skipContinue(socket, this);
  }
}
