import type { Exchange } from '../message/exchange.ts';
import { type LdapEngine, LdapFailure, type LdapServer } from './ldap-engine.ts';
import type { Compiler } from './policy.ts';

/**
 * The server that LdapResource names: a property set of the bundle or of its environment. zerohop's choice; the platform
 * keeps such resources behind its management API.
 */
export function compileResource(
  name: string,
  compiler: Compiler,
  engine: LdapEngine,
  missing: () => never,
): (exchange: Exchange) => LdapServer {
  const stores = compiler.keyStores();
  return ({ endpoint, directory }) => {
    const property = (key: string): string | undefined => {
      const value = endpoint.properties.get(`${name}.${key}`) ?? directory.properties.get(`${name}.${key}`);
      return value === undefined || value.trim() === '' ? undefined : value.trim();
    };
    const number = (key: string, standard: number, most: number): number => {
      const value = Number(property(key) ?? standard);
      if (!Number.isInteger(value) || value < 1 || value > most) {
        throw new LdapFailure(`The property "${key}" of "${name}" is no number from 1 to ${most}`);
      }
      return value;
    };
    const url = property('url');
    if (url === undefined) return missing();
    if (!/^ldaps?:\/\/[^/?#]+\/?$/.test(url)) throw new LdapFailure(`The property "url" of "${name}" is no LDAP URL`);
    const dn = property('adminDN');
    const store = property('trustStore');
    return engine.server({
      url,
      administrator: dn === undefined ? undefined : { dn, password: property('adminPassword') ?? '' },
      trusted: store === undefined ? undefined : certificatesOf(store, stores(store)),
      timeoutMilliseconds: number('timeout', 30_000, 600_000),
      poolSize: number('poolSize', 10, 1000),
    });
  };
}

type Store = ReturnType<ReturnType<Compiler['keyStores']>>;

function certificatesOf(name: string, store: Store): string[] {
  const certificates = [...(store?.aliases.values() ?? [])].flatMap(({ cert }) => cert ?? []);
  if (certificates.length === 0) throw new LdapFailure(`The trust store "${name}" has no certificates`);
  return certificates;
}
