import type { Log } from '../log.ts';
import type { RedisConnection } from './redis-connection.ts';
import { appendScript, sinceScript } from './redis-scripts.ts';
import type { TableLog } from './shared-tables.ts';
import type { Change } from './store.ts';
import { StoreFailure } from './store-failure.ts';

export interface RedisTablesOptions {
  /** Before all keys. */
  readonly prefix: string;
  /** Before keys of values. */
  readonly valueKeys: string;
  /** Milliseconds between two looks whether a message was missed. */
  readonly pollMilliseconds: number;
  readonly log: Log | undefined;
}

/**
 * Tables in Redis: beside the values the number of the last write, and for each key the number of the write that changed
 * it last. A message tells the others; who missed it, since messages are not kept, finds out by asking for the number.
 */
export class RedisTables implements TableLog {
  readonly #connection: RedisConnection;
  readonly #options: RedisTablesOptions;
  readonly #channel: string;
  #timer: NodeJS.Timeout | undefined;
  #close: (() => void) | undefined;

  constructor(connection: RedisConnection, options: RedisTablesOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#channel = `${options.prefix}changes`;
  }

  async since(revision: number): Promise<{ revision: number; changes: Change[] }> {
    const { valueKeys } = this.#options;
    const answer = await this.#connection.script(sinceScript, this.#ownKeys(), [revision, valueKeys]);
    const [now, ...parts] = answer as [string, ...(string | number)[]];
    const changes: Change[] = [];
    for (let index = 0; index < parts.length; index += 3) {
      const [key, isThere, value] = parts.slice(index, index + 3);
      changes.push({ key: String(key), value: isThere === 1 ? String(value) : undefined });
    }
    return { revision: Number(now), changes };
  }

  async append(revision: number, tables: readonly Change[], others: readonly Change[]): Promise<number | undefined> {
    const { valueKeys } = this.#options;
    const all = [...tables, ...others];
    const keys = [...this.#ownKeys(), ...all.map(({ key }) => valueKeys + key)];
    const values = all.flatMap(({ value }) => (value === undefined ? [0, ''] : [1, value]));
    const first = [revision, tables.length, this.#channel, valueKeys.length];
    const answer = Number(await this.#connection.script(appendScript, keys, [...first, ...values]));
    return answer === 0 ? undefined : answer;
  }

  watch(heard: () => void): void {
    const { pollMilliseconds, log } = this.#options;
    const subscriber = this.#connection.client.duplicate({ connectionName: 'zerohop-changes' });
    this.#close = () => subscriber.disconnect();
    subscriber.on('message', heard);
    // What was said while it was away was not heard.
    subscriber.on('ready', () => {
      subscriber.subscribe(this.#channel).then(heard, (error: unknown) => {
        log?.warn({ error: String(error) }, 'changes of other servers are found by asking alone');
      });
    });
    // The other connection tells what is to be told.
    subscriber.on('error', () => undefined);
    subscriber.connect().catch(() => undefined);
    this.#timer = setInterval(() => this.#poll(heard), pollMilliseconds);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#close?.();
  }

  /** Finds out as well whether Redis still answers, where nobody else asks it anything. */
  #poll(heard: () => void): void {
    if (!this.#connection.isAvailable) return;
    this.#connection
      .run((client) => client.ping())
      .then(heard, (error: unknown) => {
        if (!(error instanceof StoreFailure)) throw error;
      });
  }

  #ownKeys(): string[] {
    const { prefix } = this.#options;
    return [`${prefix}revision`, `${prefix}changed`];
  }
}
