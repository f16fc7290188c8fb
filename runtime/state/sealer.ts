import type { Log } from '../log.ts';
import { type Answer, after } from './answer.ts';
import { type EncryptionKeys, seal, unseal } from './encryption.ts';
import type { TableLog } from './shared-tables.ts';
import type { Change } from './store.ts';

/** Where secrets lie: apps hold consumer secrets, key stores private keys, a contract the files of both. */
const secretTables = /^(?:resources\/(?:environment|organization)\/.*\/(?:apps|appgroups|keystores)|contract)\/[^/]*$/;
const entryOfMap = /^(kvm\/.*)\/entry\/[^/]*$/;
/** All of these, to be looked through. */
export const secretPrefixes = ['kvm/', 'resources/', 'contract/'] as const;

/**
 * Encrypts what is secret on its way into a store and decrypts it on its way out. Without keys it is left plain; that an
 * encrypted map is, is told once.
 */
export class Sealer {
  readonly #keys: EncryptionKeys | undefined;
  readonly #log: Log | undefined;
  #isTold = false;

  constructor(keys: EncryptionKeys | undefined, log: Log | undefined) {
    this.#keys = keys;
    this.#log = log;
  }

  /** @param get reads from the store, as values lie there */
  seal(key: string, value: string, get: (key: string) => Answer<string | undefined>): Answer<string> {
    if (secretTables.test(key)) return this.sealOfTable(key, value);
    const map = entryOfMap.exec(key)?.[1];
    if (map === undefined) return value;
    return after(get(`${map}/map`), (mark) => {
      if (mark !== 'encrypted') return value;
      if (this.#keys !== undefined) return seal(this.#keys, key, value);
      this.#tell();
      return value;
    });
  }

  sealOfTable(key: string, value: string): string {
    return this.#keys !== undefined && secretTables.test(key) ? seal(this.#keys, key, value) : value;
  }

  /** @throws SealFailure */
  unseal(key: string, value: string): string {
    if (!secretTables.test(key) && !entryOfMap.test(key)) return value;
    return unseal(this.#keys ?? new Map(), key, value);
  }

  /** Tables that several servers share, sealed where they are kept. */
  tables(log: TableLog): TableLog {
    const sealed = (changes: readonly Change[]): Change[] =>
      changes.map((one) => (one.value === undefined ? one : { ...one, value: this.sealOfTable(one.key, one.value) }));
    return {
      since: async (revision) => {
        const found = await log.since(revision);
        const changes = found.changes.map((one) =>
          one.value === undefined ? one : { ...one, value: this.unseal(one.key, one.value) },
        );
        return { revision: found.revision, changes };
      },
      append: (revision, tables, others) => log.append(revision, sealed(tables), others),
      watch: (heard) => log.watch(heard),
    };
  }

  #tell(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    const message =
      'VALUES OF AN ENCRYPTED KEY VALUE MAP ARE STORED AS PLAIN TEXT: no key is given (--encryption-key-file, ZEROHOP_ENCRYPTION_KEY)';
    this.#log?.warn({}, message);
  }
}
