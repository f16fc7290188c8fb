import type { Socket } from 'node:net';
import { type ConnectionOptions, TLSSocket } from 'node:tls';
import { buildConnector, Client } from 'undici';
import { Fault, flowFaults } from '../fault.ts';
import type { AddressGuard } from './address-guard.ts';
import { subjectVariables } from './certificate.ts';
import { skipContinue } from './interim.ts';
import type { TlsIdentity } from './tls.ts';

/** Bytes of headers a response may have. Apigee: limits. */
const headerLimit = 60 * 1024;
/** Connections to one place when nobody says otherwise. */
export const defaultConnections = 1024;
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
  /** Whether only addresses that the settings allow are connected to. */
  readonly guarded: boolean;
}

/** What the settings say about all connections to targets. */
export interface ConnectionLimits {
  /** Connections of one pool; as many calls may wait for one. */
  readonly connections: number;
  /** Undefined: targets may be anywhere. */
  readonly guard: AddressGuard | undefined;
}

/** All connections of one set of targets, by origin, TLS identity and timeouts. */
export class ConnectionPools {
  readonly #pools = new Map<string, ConnectionPool>();
  readonly #limits: ConnectionLimits;
  #closed = false;

  constructor(limits: ConnectionLimits = { connections: defaultConnections, guard: undefined }) {
    this.#limits = limits;
  }

  /** The pool for these options; a pool goes when its last connection does. */
  get(options: PoolOptions): ConnectionPool {
    const { origin, connectTimeout, keepAliveTimeout, resumesTls, tls, guarded } = options;
    const key = `${origin} ${connectTimeout} ${keepAliveTimeout} ${resumesTls} ${guarded} ${tls?.key ?? ''}`;
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const pool = new ConnectionPool(options, this.#limits, () => this.#pools.delete(key));
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
  readonly #most: number;
  readonly #waiting: Waiting[] = [];
  #open = 0;
  #closed = false;

  constructor(options: PoolOptions, { connections, guard }: ConnectionLimits, onEmpty: () => void) {
    this.#options = options;
    this.#most = connections;
    this.#onEmpty = onEmpty;
    const tls: ConnectionOptions = options.tls?.options ?? {};
    const connector = buildConnector({
      ...tls,
      timeout: options.connectTimeout,
      ...(options.resumesTls ? {} : { maxCachedSessions: 0 }),
      ...(options.guarded && guard !== undefined ? { lookup: guard.lookup } : {}),
    } as buildConnector.BuildOptions);
    this.#connector = options.guarded && guard !== undefined ? guard.around(connector) : connector;
  }

  /** A connection for one request, undefined when all are taken. @param anew not one that was used before */
  take(anew: boolean): Connection | undefined {
    const idle = anew ? undefined : this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#open >= this.#most) {
      const spare = this.#idle.shift();
      if (spare === undefined) return undefined;
      this.#drop(spare);
    }
    this.#open++;
    return new Connection(this.#options, this.#connector, this);
  }

  /** The next connection that is free, as long as a connection may take. @throws Fault when there is none */
  wait(): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const { serviceUnavailable } = flowFaults;
      const fault = new Fault(serviceUnavailable, serviceUnavailable.text, 'TARGET_CONNECT_TIMEOUT');
      if (this.#waiting.length >= this.#most) {
        reject(fault);
        return;
      }
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(fault);
      }, this.#options.connectTimeout);
      const waiting: Waiting = {
        take: (connection) => {
          clearTimeout(timer);
          resolve(connection);
        },
      };
      this.#waiting.push(waiting);
    });
  }

  /** Back from its request, to be used again. */
  giveBack(connection: Connection): void {
    if (this.#closed || !connection.isOpen) {
      this.#drop(connection);
      return;
    }
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(connection);
    else next.take(connection);
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
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next.take(new Connection(this.#options, this.#connector, this));
      return;
    }
    this.#open--;
    if (this.#open === 0) this.#onEmpty();
  }
}

/** A call that has no connection yet. */
interface Waiting {
  take(connection: Connection): void;
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
