import { Fault } from '../fault.ts';
import type { Exchange } from '../message/exchange.ts';
import { type ConfigOf, element, many, valueOrRef } from '../schema/declare.ts';
import { text } from '../schema/values.ts';
import { type LdapEngine, type LdapEntry, LdapFailure, type LdapScope, type LdapServer } from './ldap-engine.ts';
import { compileQuery, escapeFilter } from './ldap-query.ts';
import { compileResource } from './ldap-resource.ts';
import { compileValue, textOrUndefined } from './map-key.ts';
import { type Compiler, policy } from './policy.ts';

const fault = (name: string, status: number, text: string) => ({ code: `steps.ldap.${name}`, status, text });

const faults = {
  credentials: fault('InvalidUserCredentials', 401, 'Invalid user credentials.'),
  password: fault('InvalidValueForPassword', 401, 'Invalid value for password field. It can not be empty.'),
  userName: fault('UserNameIsNull', 401, 'User name is null.'),
  base: fault('InvalidSearchBase', 500, 'Search base can not be empty.'),
  resource: fault('LdapResourceNotFound', 500, 'Ldap resource not found.'),
  unresolved: fault('UnresolvedVariable', 500, 'A variable has no value.'),
  failed: fault('ExecutionFailed', 500, 'The LDAP server cannot be asked.'),
};

const value = valueOrRef(text);

const authentication = element({
  children: { UserName: value, Password: value, SearchQuery: text, Scope: text, BaseDN: value },
});
const search = element({
  children: {
    BaseDN: value,
    SearchQuery: text,
    Attributes: element({ children: { Attribute: many(text) } }),
    Scope: text,
  },
});

/** Entries that a search gives at most, and values of one attribute. zerohop's choice. */
const mostEntries = 100;
const mostValues = 100;

/** Checks a password against an LDAP server, or searches it. Apigee Edge: LDAP policy reference. */
export const Ldap = policy({
  element: 'Ldap',
  failedPrefix: 'ldap',
  children: { LdapResource: text, LdapConnectorClass: text, Authentication: authentication, Search: search },
  faults,
  compile(config, compiler) {
    const { Authentication, Search, LdapResource, LdapConnectorClass } = config;
    const { ldap: engine, name } = compiler;
    if (engine === undefined) throw new Error('The LDAP engine has not been loaded');
    if (LdapConnectorClass !== undefined && LdapConnectorClass.text !== '') {
      const message = 'LdapConnectorClass names a class of Java: zerohop connects by itself.';
      compiler.warning('ZH617', LdapConnectorClass.at, message, 'Remove it.');
    }
    if (LdapResource === undefined || LdapResource.text === '') {
      const hint = 'Add <LdapResource>NAME</LdapResource>, the name of a property set with the server in it.';
      compiler.error('ZH610', LdapResource?.at ?? config.at, 'Ldap names no LDAP resource.', hint);
    }
    if (Authentication === undefined && Search === undefined) {
      compiler.error(
        'ZH611',
        config.at,
        'Ldap neither authenticates nor searches.',
        'Add <Authentication> or <Search>.',
      );
    }
    const resource = LdapResource?.text ?? '';
    const missing = (): never => {
      throw new Fault(faults.resource, `Ldap resource ${resource} not found.`);
    };
    const serverOf = compileResource(resource, compiler, engine, missing);
    const actions: Action[] = [];
    if (Authentication !== undefined) actions.push(compileAuthentication(Authentication, compiler, engine));
    if (Search !== undefined) actions.push(compileSearch(Search, compiler, engine));
    const success = `ldap.${name}.execution.success`;
    return async (exchange) => {
      exchange.setVariable(success, false);
      try {
        const server = serverOf(exchange);
        for (const act of actions) await act(exchange, server);
      } catch (error) {
        if (error instanceof LdapFailure) throw new Fault(faults.failed, `Ldap[${name}]: ${error.message}.`);
        throw error;
      }
      exchange.setVariable(success, true);
    };
  },
});

type Action = (exchange: Exchange, server: LdapServer) => Promise<void>;
type Value = ConfigOf<typeof value>;

function unresolved(name: string): never {
  throw new Fault(faults.unresolved, `The variable ${name} has no value.`);
}

/** Finds the one entry that is meant, and tries the password on it. */
function compileAuthentication(
  config: ConfigOf<typeof authentication>,
  compiler: Compiler,
  engine: LdapEngine,
): Action {
  const { UserName, Password, SearchQuery } = config;
  const query = SearchQuery === undefined || SearchQuery.text === '' ? undefined : SearchQuery;
  if ((UserName === undefined) === (query === undefined)) {
    const both = UserName !== undefined;
    const message = both
      ? 'Authentication has UserName and SearchQuery (SearchQueryAndUserNameCannotBePresent).'
      : 'Authentication has neither UserName nor SearchQuery.';
    compiler.error('ZH612', config.at, message, 'Write one of them.');
  }
  if (Password === undefined) {
    compiler.error('ZH612', config.at, 'Authentication has no password.', 'Add <Password ref="VARIABLE"/>.');
  }
  const user = UserName === undefined ? () => undefined : compileValue(UserName, compiler);
  const password = Password === undefined ? () => undefined : compileValue(Password, compiler);
  const filter =
    query === undefined
      ? (exchange: Exchange): string => {
          const name = textOrUndefined(user(exchange));
          if (name === undefined || name === '') throw new Fault(faults.userName);
          // zerohop's choice: the attribute that a user's name stands in.
          return `(uid=${escapeFilter(name)})`;
        }
      : compileQuery(query, compiler, engine, unresolved);
  const base = compileBase(config.BaseDN, compiler);
  const scope = scopeOf(config.Scope, compiler);
  return async (exchange, server) => {
    const secret = textOrUndefined(password(exchange)) ?? '';
    // RFC 4513 section 5.1.2: a name with an empty password would be taken for nobody, and let in.
    if (secret === '') throw new Fault(faults.password);
    const asked = { base: base(exchange), scope, filter: filter(exchange), attributes: ['1.1'], mostEntries: 1 };
    const entries = await server.search(asked);
    // Two entries of one name leave open whose password it is.
    const only = entries === 'too many' ? undefined : entries[0];
    if (only === undefined || !(await server.accepts(only.dn, secret))) {
      throw new Fault(faults.credentials);
    }
  };
}

function compileSearch(config: ConfigOf<typeof search>, compiler: Compiler, engine: LdapEngine): Action {
  const { SearchQuery } = config;
  if (SearchQuery === undefined || SearchQuery.text === '') {
    compiler.error('ZH614', SearchQuery?.at ?? config.at, 'Search has no filter.', 'Add <SearchQuery>.');
  }
  const filter =
    SearchQuery === undefined || SearchQuery.text === ''
      ? () => ''
      : compileQuery(SearchQuery, compiler, engine, unresolved);
  const attributes = (config.Attributes?.Attribute ?? []).filter((one) => one.text !== '');
  if (attributes.length === 0) {
    const message = 'Search asks for no attribute (AttributesRequired).';
    compiler.error('ZH615', config.at, message, 'Add <Attributes><Attribute>NAME</Attribute></Attributes>.');
  }
  for (const one of attributes) {
    if (/^(?:[A-Za-z][\w;-]*|\d+(?:\.\d+)+|\*|\+)$/.test(one.text)) continue;
    compiler.error('ZH615', one.at, `"${one.text}" is no attribute (InvalidAttributeName).`, 'Write such as mail.');
  }
  const names = attributes.map((one) => one.text);
  const base = compileBase(config.BaseDN, compiler);
  const scope = scopeOf(config.Scope, compiler);
  const prefix = `ldap.${compiler.name}.search.result`;
  return async (exchange, server) => {
    const asked = { base: base(exchange), scope, filter: filter(exchange), attributes: names, mostEntries };
    const entries = await server.search(asked);
    if (entries === 'too many') throw new LdapFailure(`The search finds more than ${mostEntries} entries`);
    show(exchange, prefix, entries, names);
  };
}

/** Counted from 1; the first of each has a name without number too. Apigee Edge: LDAP policy, flow variables. */
function show(exchange: Exchange, prefix: string, entries: readonly LdapEntry[], asked: readonly string[]): void {
  // Servers spell names as they like: what counts is how the policy does.
  const spelled = new Map(asked.map((name) => [name.toLowerCase(), name]));
  exchange.setVariable(`${prefix}.count`, entries.length);
  for (const [index, entry] of entries.entries()) {
    const places = index === 0 ? [prefix, `${prefix}[1]`] : [`${prefix}[${index + 1}]`];
    for (const place of places) {
      exchange.setVariable(`${place}.dn`, entry.dn);
      for (const [written, values] of entry.attributes) {
        const name = spelled.get(written.toLowerCase()) ?? written;
        for (const [at, text] of values.slice(0, mostValues).entries()) {
          if (at === 0) exchange.setVariable(`${place}.attribute.${name}`, text);
          exchange.setVariable(`${place}.attribute.${name}[${at + 1}]`, text);
        }
      }
    }
  }
}

/** Apigee Edge: LDAP policy reference, BaseDN. */
const standardBase = 'dc=apigee,dc=com';

function compileBase(config: Value | undefined, compiler: Compiler): (exchange: Exchange) => string {
  if (config === undefined || (config.ref === undefined && (config.text ?? '') === '')) return () => standardBase;
  const read = compileValue(config, compiler);
  return (exchange) => {
    const base = textOrUndefined(read(exchange)) ?? '';
    if (base.trim() === '') throw new Fault(faults.base);
    return base;
  };
}

const scopes: ReadonlyMap<string, LdapScope> = new Map([
  ['object', 'base'],
  ['onelevel', 'one'],
  ['subtree', 'sub'],
]);

function scopeOf(
  config: { readonly text: string; readonly at: Value['at'] } | undefined,
  compiler: Compiler,
): LdapScope {
  if (config === undefined || config.text === '') return 'sub';
  const scope = scopes.get(config.text.toLowerCase());
  if (scope === undefined) {
    const message = `"${config.text}" is no scope (InvalidSearchScope).`;
    compiler.error('ZH613', config.at, message, `Write one of ${[...scopes.keys()].join(', ')}.`);
  }
  return scope ?? 'sub';
}
