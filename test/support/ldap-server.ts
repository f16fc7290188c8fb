import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

/** A small LDAP server: ldapjs has no types of its own. */

interface Request {
  readonly dn: { toString(): string };
  readonly credentials: string;
  readonly scope: string | number;
  readonly filter: { matches(attributes: object): boolean; toString(): string };
  readonly connection: { readonly ldap: { readonly bindDN: { toString(): string } } };
}
interface Answer {
  send(entry: { readonly dn: string; readonly attributes: object }): void;
  end(): void;
}
type Handler = (request: Request, answer: Answer, next: (error?: Error) => void) => void;
interface Server {
  bind(base: string, handler: Handler): void;
  search(base: string, handler: Handler): void;
  listen(port: number, host: string, done: () => void): void;
  close(done: () => void): void;
  readonly server: { address(): AddressInfo };
}
interface Ldapjs {
  createServer(options?: { readonly certificate: string; readonly key: string }): Server;
  readonly InvalidCredentialsError: new () => Error;
  readonly InsufficientAccessRightsError: new () => Error;
  readonly NoSuchObjectError: new (message: string) => Error;
}

const ldapjs = createRequire(import.meta.url)('ldapjs') as Ldapjs;

export interface LdapUser {
  readonly password: string;
  readonly attributes: Readonly<Record<string, string | readonly string[]>>;
}

export interface LdapTestServer {
  readonly url: string;
  /** Filters that were asked, as the server read them. */
  readonly asked: string[];
  /** Names that were tried with a password. */
  readonly tried: string[];
  close(): Promise<void>;
}

const administrator = 'cn=admin,dc=example,dc=com';

/** Serves users below `ou=people,dc=example,dc=com`, by distinguished name. Who searches has to be the administrator. */
export async function startLdapServer(
  users: Readonly<Record<string, LdapUser>>,
  tls?: { readonly cert: string; readonly key: string },
): Promise<LdapTestServer> {
  const server = ldapjs.createServer(tls === undefined ? undefined : { certificate: tls.cert, key: tls.key });
  const asked: string[] = [];
  const tried: string[] = [];
  const plain = (dn: { toString(): string }): string => dn.toString().replaceAll(' ', '');
  server.bind('dc=example,dc=com', (request, answer, next) => {
    const dn = plain(request.dn);
    tried.push(dn);
    const expected = dn === administrator ? 'secret' : users[dn]?.password;
    if (request.credentials !== expected) return next(new ldapjs.InvalidCredentialsError());
    answer.end();
    return next();
  });
  server.search('dc=example,dc=com', (request, answer, next) => {
    asked.push(request.filter.toString());
    if (plain(request.connection.ldap.bindDN) !== administrator)
      return next(new ldapjs.InsufficientAccessRightsError());
    for (const [dn, { attributes }] of Object.entries(users)) {
      if (!dn.endsWith(plain(request.dn))) continue;
      const entry = { ...attributes, objectclass: 'person' };
      if (request.filter.matches(entry)) answer.send({ dn, attributes: entry });
    }
    answer.end();
    return next();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address();
  return {
    url: `${tls === undefined ? 'ldap' : 'ldaps'}://127.0.0.1:${port}`,
    asked,
    tried,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
