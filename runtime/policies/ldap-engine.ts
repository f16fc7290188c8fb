import type { Client } from 'ldapts';
import { LdapPool } from './ldap-pool.ts';

/** What the Ldap policy takes from its library, ldapts. */
export interface LdapEngine {
  /** The server of these settings: the same connections for the same settings. */
  server(settings: LdapSettings): LdapServer;
  /** Why a search filter is none (RFC 4515); undefined when it is one. */
  filterMistake(filter: string): string | undefined;
  close(): Promise<void>;
}

export interface LdapSettings {
  /** `ldap://HOST:PORT` or `ldaps://HOST:PORT`. */
  readonly url: string;
  /** Who searches; undefined: nobody in particular. */
  readonly administrator: { readonly dn: string; readonly password: string } | undefined;
  /** Trusted certificates as PEM texts; undefined: those of the system. */
  readonly trusted: readonly string[] | undefined;
  readonly timeoutMilliseconds: number;
  /** Connections at a time, for searches and for passwords each. */
  readonly poolSize: number;
}

export type LdapScope = 'base' | 'one' | 'sub';

export interface LdapSearch {
  readonly base: string;
  readonly scope: LdapScope;
  readonly filter: string;
  readonly attributes: readonly string[];
  readonly mostEntries: number;
}

export interface LdapEntry {
  readonly dn: string;
  /** Values by name, as the server spells it. What is not text is given in Base64. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
}

export interface LdapServer {
  /** `too many`: there are more than `mostEntries`. @throws LdapFailure */
  search(search: LdapSearch): Promise<readonly LdapEntry[] | 'too many'>;
  /** Whether the password is that of the entry. @throws LdapFailure when the server cannot be asked */
  accepts(dn: string, password: string): Promise<boolean>;
}

/** A server that cannot be reached, or refuses. The message is the reason. */
export class LdapFailure extends Error {
  override readonly name = 'LdapFailure';
}

/** Loads the library on first use. */
export async function loadLdap(): Promise<LdapEngine> {
  const library = await import('ldapts');
  const pools = new Map<string, { readonly searching: LdapPool<Client>; readonly checking: LdapPool<Client> }>();

  const poolsOf = (settings: LdapSettings) => {
    const key = JSON.stringify(settings);
    let found = pools.get(key);
    if (found === undefined) {
      const { url, timeoutMilliseconds: timeout, trusted, administrator, poolSize } = settings;
      const open = (): Client =>
        new library.Client({
          url,
          timeout,
          connectTimeout: timeout,
          ...(url.startsWith('ldaps:') && trusted !== undefined ? { tlsOptions: { ca: [...trusted] } } : {}),
        });
      const openAsAdministrator = async (): Promise<Client> => {
        const client = open();
        try {
          if (administrator !== undefined) await client.bind(administrator.dn, administrator.password);
        } catch (error) {
          await client.unbind();
          throw error;
        }
        return client;
      };
      const close = (client: Client): Promise<void> => client.unbind();
      const isOpen = (client: Client): boolean => client.isConnected;
      const waiting = { most: poolSize, milliseconds: timeout };
      found = {
        searching: new LdapPool(openAsAdministrator, isOpen, close, waiting),
        checking: new LdapPool(async () => open(), isOpen, close, waiting),
      };
      pools.set(key, found);
    }
    return found;
  };

  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Error) throw new LdapFailure(reasonOf(error));
      throw error;
    }
  };

  return {
    server(settings) {
      const { searching, checking } = poolsOf(settings);
      return {
        search: ({ base, scope, filter, attributes, mostEntries }) =>
          attempt(() =>
            searching.use(async (client) => {
              const options = { scope, filter, attributes: [...attributes], sizeLimit: mostEntries };
              try {
                const { searchEntries } = await client.search(base, options);
                return searchEntries.length > mostEntries ? 'too many' : searchEntries.map(entryOf);
              } catch (error) {
                if (error instanceof library.SizeLimitExceededError) return 'too many';
                throw error;
              }
            }),
          ),
        accepts: (dn, password) =>
          attempt(() =>
            checking.use(async (client) => {
              try {
                await client.bind(dn, password);
                return true;
              } catch (error) {
                if (error instanceof library.InvalidCredentialsError) return false;
                throw error;
              }
            }),
          ),
      };
    },
    filterMistake(filter) {
      try {
        library.FilterParser.parseString(filter);
        return undefined;
      } catch (error) {
        if (error instanceof Error) return error.message;
        throw error;
      }
    },
    close: async () => {
      const open = [...pools.values()].flatMap(({ searching, checking }) => [searching, checking]);
      pools.clear();
      for (const pool of open) await pool.close();
    },
  };
}

/** What a client may see: no addresses, no names of files. */
function reasonOf(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return `The server cannot be reached (${error.code})`;
  if (/time[d ]*out/i.test(error.message)) return 'The server did not answer in time';
  return error.name === 'Error' ? 'The server cannot be reached' : `The server refused: ${error.name}`;
}

function entryOf(entry: { readonly dn: string; readonly [name: string]: unknown }): LdapEntry {
  const attributes = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(entry)) {
    if (name === 'dn') continue;
    const values = Array.isArray(value) ? value : [value];
    attributes.set(
      name,
      values.map((one) => (Buffer.isBuffer(one) ? one.toString('base64') : String(one))),
    );
  }
  return { dn: entry.dn, attributes };
}
