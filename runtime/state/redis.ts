import type { Log } from '../log.ts';
import { RedisConnection } from './redis-connection.ts';
import { addScript, countScript, paceScript, replaceScript, rollingScript } from './redis-scripts.ts';
import { RedisTables } from './redis-tables.ts';
import { SharedTables, type TableLog } from './shared-tables.ts';
import type { Addition, Change, Counted, CountStep, Shared, Store } from './store.ts';
import { StoreFailure } from './store-failure.ts';
import type { StoreOptions } from './store-options.ts';

/** Before all keys. The braces put them in one slot of a cluster, so that several can be changed in one step. */
const prefix = '{zerohop}:';
const valueKeys = `${prefix}value:`;
const counterKeys = `${prefix}counter:`;
const pacerKeys = `${prefix}pacer:`;

/** Keys that Redis looks at in one step of listing: others wait that long. */
const scanned = 1000;
/** Milliseconds: a hundred years. Redis takes no longer lifetimes. */
const longest = 100 * 365 * 86_400_000;

/**
 * Opens a store that other servers may use as well. The library is loaded here, since most commands never need it.
 * @param url `redis://` or, with TLS, `rediss://`
 * @param sealed encrypts tables on their way
 * @throws CommandFailure when it cannot be reached
 */
export async function openRedisStore(
  url: string,
  { log, pollMilliseconds = 5000 }: StoreOptions,
  sealed: (tables: TableLog) => TableLog,
): Promise<Store> {
  const connection = await RedisConnection.open(url, log);
  try {
    await warnOfEviction(connection, log);
    const tables = new RedisTables(connection, { prefix, valueKeys, pollMilliseconds, log });
    return new RedisStore(connection, tables, await SharedTables.open(sealed(tables)));
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Whoever lets Redis forget what it likes loses deployments. */
async function warnOfEviction(connection: RedisConnection, log: Log | undefined): Promise<void> {
  const info = await connection.run((client) => client.info('memory'));
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction';
  const isLimited = !/^maxmemory:0\b/m.test(info);
  if (policy === 'noeviction' || !isLimited) return;
  const fields = { store: connection.shown, policy };
  log?.warn(fields, 'Redis may drop what is deployed when its memory is full: set maxmemory-policy noeviction');
}

/** A store in Redis: every step one command or one script, by the clock of Redis. */
class RedisStore implements Store {
  readonly shared: Shared;
  readonly #connection: RedisConnection;
  readonly #tables: RedisTables;

  constructor(connection: RedisConnection, tables: RedisTables, shared: SharedTables) {
    this.#connection = connection;
    this.#tables = tables;
    this.shared = { tables: shared, add: (...step) => this.#add(...step), isAvailable: () => connection.isAvailable };
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#connection.run((client) => client.get(valueKeys + key))) ?? undefined;
  }

  async set(key: string, value: string, lifetime?: number): Promise<void> {
    await this.#connection.run((client) =>
      lifetime === undefined
        ? client.set(valueKeys + key, value)
        : client.set(valueKeys + key, value, 'PX', wholeOf(lifetime)),
    );
  }

  async add(key: string, value: string, lifetime?: number): Promise<boolean> {
    const answer = await this.#connection.run((client) =>
      lifetime === undefined
        ? client.set(valueKeys + key, value, 'NX')
        : client.set(valueKeys + key, value, 'PX', wholeOf(lifetime), 'NX'),
    );
    return answer === 'OK';
  }

  async take(key: string): Promise<string | undefined> {
    return (await this.#connection.run((client) => client.getdel(valueKeys + key))) ?? undefined;
  }

  async replace(
    key: string,
    expected: string | undefined,
    value: string | undefined,
    lifetime?: number,
  ): Promise<boolean> {
    const there = [expected === undefined ? 0 : 1, expected ?? ''];
    const next = [value === undefined ? 0 : 1, value ?? '', lifetime === undefined ? '' : wholeOf(lifetime)];
    return (await this.#connection.script(replaceScript, [valueKeys + key], [...there, ...next])) === 1;
  }

  async delete(key: string): Promise<void> {
    await this.#connection.run((client) => client.del(valueKeys + key, counterKeys + key, pacerKeys + key));
  }

  async keys(start: string): Promise<readonly string[]> {
    const pattern = `${literally(valueKeys + start)}*`;
    // A key may come more than once while Redis grows.
    const keys = new Set<string>();
    let cursor = '0';
    do {
      const [next, found] = await this.#connection.run((client) =>
        client.scan(cursor, 'MATCH', pattern, 'COUNT', scanned),
      );
      for (const key of found) keys.add(key.slice(valueKeys.length));
      cursor = next;
    } while (cursor !== '0');
    return [...keys].sort();
  }

  async write(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    const answers = await this.#connection.run((client) => {
      const transaction = client.multi();
      for (const { key, value, lifetime } of changes) {
        if (value === undefined) transaction.del(valueKeys + key);
        else if (lifetime === undefined) transaction.set(valueKeys + key, value);
        else transaction.set(valueKeys + key, value, 'PX', wholeOf(lifetime));
      }
      return transaction.exec();
    });
    const failed = answers?.find(([error]) => error !== null)?.[0];
    if (answers === null || failed) throw new StoreFailure(`Redis did not write: ${failed?.message ?? 'aborted'}`);
  }

  async count(key: string, { amount, limit, lifetime, rolling }: CountStep): Promise<Counted> {
    const values = [amount, Number.isFinite(limit) ? limit : '', Math.min(lifetime, longest)];
    const script = rolling === true ? rollingScript : countScript;
    const answer = await this.#connection.script(script, [counterKeys + key], values);
    const [counted, value, expires] = answer as [number, string, string];
    return { counted: counted === 1, value: Number(value), expires: Number(expires) };
  }

  async pace(key: string, milliseconds: number): Promise<boolean> {
    const micros = Math.min(milliseconds, longest) * 1000;
    return (await this.#connection.script(paceScript, [pacerKeys + key], [micros])) === 1;
  }

  async #add(writer: string, step: number, additions: readonly Addition[]): Promise<void> {
    const keys = [`${prefix}step:${writer}`, ...additions.map(({ key }) => valueKeys + key)];
    const values = additions.flatMap(({ amounts, lifetime }) => [
      JSON.stringify(amounts),
      lifetime === undefined ? '' : wholeOf(lifetime),
    ]);
    await this.#connection.script(addScript, keys, [step, stepKept, ...values]);
  }

  close(): Promise<void> {
    this.#tables.close();
    this.#connection.close();
    return Promise.resolve();
  }
}

/** Milliseconds that the last step of a writer is remembered: longer than it is sent again. */
const stepKept = 7 * 86_400_000;

/** Redis takes whole milliseconds, at least one. */
function wholeOf(lifetime: number): number {
  return Math.min(Math.max(1, Math.ceil(lifetime)), longest);
}

/** A text as a pattern that finds it alone. */
function literally(text: string): string {
  return text.replace(/[\\*?[\]^]/g, '\\$&');
}
