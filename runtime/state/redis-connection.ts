import type { Redis } from 'ioredis';
import type { Log } from '../log.ts';
import { CommandFailure } from '../settings.ts';
import type { Script } from './redis-scripts.ts';
import { StoreFailure } from './store-failure.ts';

/** Milliseconds that connecting, and one operation, may take. */
const connectMilliseconds = 5000;
const operationMilliseconds = 2000;
/** Milliseconds between two attempts to connect, growing up to the second. */
const retryMilliseconds = { least: 50, most: 1000 } as const;
/** Milliseconds in which a failure that goes on is told of once. */
const silence = 10_000;

/**
 * A connection to Redis that comes back by itself. While it is away, operations fail at once and are not kept for later:
 * what failed must not happen after all when nobody expects it any more.
 */
export class RedisConnection {
  readonly client: Redis;
  readonly shown: string;
  readonly #log: Log | undefined;
  /** It did not answer in time: its connection is given up, though the system does not know yet. */
  #isMute = false;
  #toldAt = Number.NEGATIVE_INFINITY;
  #isAway = false;
  #isClosed = false;

  private constructor(client: Redis, shown: string, log: Log | undefined) {
    this.client = client;
    this.shown = shown;
    this.#log = log;
    client.on('error', (error: Error) => this.#tell(error));
    client.on('close', () => this.#tell(new Error('the connection is closed')));
    client.on('ready', () => this.#cameBack());
  }

  /** @throws CommandFailure when it cannot be reached or does not let us in */
  static async open(url: string, log: Log | undefined): Promise<RedisConnection> {
    const { Redis } = await import('ioredis');
    const state = { isStarting: true, problem: '' };
    const client = new Redis(url, {
      lazyConnect: true,
      protocol: 2,
      connectTimeout: connectMilliseconds,
      commandTimeout: operationMilliseconds,
      disconnectTimeout: 100,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      maxRetriesPerRequest: 0,
      connectionName: 'zerohop',
      retryStrategy: (times: number) => {
        if (state.isStarting) return null;
        return Math.min(retryMilliseconds.least * 2 ** Math.min(times, 10), retryMilliseconds.most);
      },
      // A server that became a replica, or is full for writes after a failover, is another one after reconnecting.
      reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    });
    const remember = (error: Error): void => {
      state.problem = error.message;
    };
    client.on('error', remember);
    const shown = withoutPassword(url);
    try {
      await client.connect();
    } catch (error) {
      client.disconnect();
      const reason = state.problem || (error instanceof Error ? error.message : String(error));
      throw new CommandFailure(
        `The store ${shown} cannot be used: ${reason}. Is Redis running there? Choose another with --store redis://HOST:PORT/DB.`,
      );
    }
    state.isStarting = false;
    client.off('error', remember);
    return new RedisConnection(client, shown, log);
  }

  /** Whether operations are likely to work. */
  get isAvailable(): boolean {
    return this.client.status === 'ready' && !this.#isMute;
  }

  /** @throws StoreFailure */
  async run<T>(operation: (client: Redis) => Promise<T>): Promise<T> {
    if (!this.isAvailable) throw new StoreFailure(`The store ${this.shown} is out of reach`);
    try {
      return await operation(this.client);
    } catch (error) {
      throw this.#failureOf(error);
    }
  }

  /** @throws StoreFailure */
  script(script: Script, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    return this.run(async (client) => {
      try {
        return await client.evalsha(script.sha, keys.length, ...keys, ...values);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
        return client.eval(script.text, keys.length, ...keys, ...values);
      }
    });
  }

  close(): void {
    this.#isClosed = true;
    this.client.disconnect();
  }

  #failureOf(error: unknown): StoreFailure {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason === 'Command timed out') this.#giveUp();
    this.#tell(error);
    return new StoreFailure(`The store ${this.shown} failed: ${reason}`, { cause: error });
  }

  /** Who does not answer may do so for hours: a new connection tells whether it is there. */
  #giveUp(): void {
    if (this.#isMute) return;
    this.#isMute = true;
    this.client.disconnect(true);
  }

  /** Not once for every operation that fails. */
  #tell(error: unknown): void {
    if (this.#isClosed) return;
    this.#isAway ||= !this.isAvailable;
    if (performance.now() - this.#toldAt < silence) return;
    this.#toldAt = performance.now();
    const reason = error instanceof Error ? error.message : String(error);
    this.#log?.error({ store: this.shown, error: reason }, 'the store is out of reach or refuses');
  }

  #cameBack(): void {
    this.#isMute = false;
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#toldAt = Number.NEGATIVE_INFINITY;
    this.#log?.info({ store: this.shown }, 'the store is back');
  }
}

/** For people to read: passwords stay out of messages and the log. */
export function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.search = '';
  return shown.href;
}
