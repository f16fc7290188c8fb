import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Ldap } from '../../runtime/policies/Ldap.ts';
import { loadLdap } from '../../runtime/policies/ldap-engine.ts';
import { createAuthority } from '../support/certificates.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf } from '../support/exchange.ts';
import { type LdapTestServer, startLdapServer } from '../support/ldap-server.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';
import { storeOf } from '../support/saml.ts';

const people = 'ou=people,dc=example,dc=com';
const users = {
  [`uid=alice,${people}`]: {
    password: 'wonder',
    attributes: { uid: 'alice', cn: 'Alice', mail: ['alice@example.com', 'al@example.com'], Phone: '1' },
  },
  [`uid=bob,${people}`]: { password: 'builder', attributes: { uid: 'bob', cn: 'Bob', mail: 'bob@example.com' } },
};

const engine = await loadLdap();
const authority = createAuthority();
const identity = authority.issue('/CN=127.0.0.1', 'IP:127.0.0.1');
const stores = new Map([['ldap-ca', storeOf('ldap-ca', { ca: { cert: authority.ca } })]]);
authority.close();

let server: LdapTestServer;
let secure: LdapTestServer;
before(async () => {
  server = await startLdapServer(users);
  secure = await startLdapServer(users, identity);
});
after(async () => {
  await engine.close();
  await server.close();
  await secure.close();
});

function policyOf(inner: string, resource = 'directory') {
  return compilePolicy(Ldap, `<Ldap name="L1"><LdapResource>${resource}</LdapResource>${inner}</Ldap>`, {
    compiler: { ldap: engine, keyStores: () => (name) => stores.get(name) },
  });
}

function exchangeWith(variables: Record<string, unknown>, settings: Readonly<Record<string, string>> = {}) {
  const all = {
    url: server.url,
    adminDN: 'cn=admin,dc=example,dc=com',
    adminPassword: 'secret',
    timeout: '2000',
    ...settings,
  };
  const properties = new Map(Object.entries(all).map(([key, value]) => [`directory.${key}`, value]));
  return exchangeOf({ variables, directory: { properties } });
}

const base = `<BaseDN>${people}</BaseDN>`;
const byName = `<Authentication><UserName ref="user"/><Password ref="password"/>${base}</Authentication>`;
const byMail = `<Authentication><SearchQuery>mail={mail}</SearchQuery><Password ref="password"/>${base}</Authentication>`;
const search = (query: string, ...attributes: readonly string[]): string =>
  `<Search>${base}<SearchQuery>${query}</SearchQuery><Attributes>${attributes.map((one) => `<Attribute>${one}</Attribute>`).join('')}</Attributes></Search>`;

describe('Ldap authenticates', () => {
  it('a user by name', async () => {
    const exchange = exchangeWith({ user: 'alice', password: 'wonder' });
    await policyOf(byName).step(exchange);
    assert.equal(exchange.read('ldap.L1.execution.success'), true);
  });

  it('a user by a filter', async () => {
    await policyOf(byMail).step(exchangeWith({ mail: 'bob@example.com', password: 'builder' }));
  });

  it('many at once, over few connections', async () => {
    const { step } = policyOf(byName);
    const exchanges = Array.from({ length: 30 }, () =>
      exchangeWith({ user: 'bob', password: 'builder' }, { poolSize: '3' }),
    );
    await Promise.all(exchanges.map((exchange) => step(exchange)));
    assert.ok(exchanges.every((exchange) => exchange.read('ldap.L1.execution.success') === true));
  });

  it('over TLS, with a certificate of the trust store', async () => {
    const settings = { url: secure.url, trustStore: 'ldap-ca' };
    await policyOf(byName).step(exchangeWith({ user: 'alice', password: 'wonder' }, settings));
  });

  for (const [name, inner, variables, error, status] of [
    ['a wrong password', byName, { user: 'alice', password: 'x' }, 'InvalidUserCredentials', 401],
    ['the password of another', byName, { user: 'alice', password: 'builder' }, 'InvalidUserCredentials', 401],
    ['nobody', byName, { user: 'nobody', password: 'x' }, 'InvalidUserCredentials', 401],
    ['an empty password', byName, { user: 'alice', password: '' }, 'InvalidValueForPassword', 401],
    ['no password', byName, { user: 'alice' }, 'InvalidValueForPassword', 401],
    ['no name', byName, { password: 'x' }, 'UserNameIsNull', 401],
    ['a star for a name', byName, { user: 'a*', password: 'wonder' }, 'InvalidUserCredentials', 401],
    ['a filter for a name', byName, { user: 'x)(uid=alice', password: 'wonder' }, 'InvalidUserCredentials', 401],
    ['a filter in a filter', byMail, { mail: '*)(uid=alice', password: 'wonder' }, 'InvalidUserCredentials', 401],
    [
      'a filter that finds several',
      byMail.replace('mail={mail}', '(objectClass=*)'),
      { password: 'x' },
      'InvalidUserCredentials',
      401,
    ],
    ['a variable without value', byMail, { password: 'x' }, 'UnresolvedVariable', 500],
  ] as const) {
    it(`but refuses ${name}`, async () => {
      const exchange = exchangeWith(variables);
      const fault = await faultOf(policyOf(inner).step, exchange);
      assert.equal(fault.code, `steps.ldap.${error}`);
      assert.equal(fault.status, status);
      assert.equal(exchange.read('ldap.L1.execution.success'), false);
    });
  }
});

describe('Ldap searches', () => {
  it('for attributes', async () => {
    const exchange = exchangeWith({ q: 'alice@example.com' });
    await policyOf(search('mail={q}', 'mail', 'phone', 'title')).step(exchange);
    for (const [name, value] of [
      ['count', 1],
      ['dn', `uid=alice,${people}`],
      ['attribute.mail', 'alice@example.com'],
      ['attribute.mail[2]', 'al@example.com'],
      ['attribute.phone', '1'],
      ['attribute.title', undefined],
    ] as const) {
      assert.equal(exchange.read(`ldap.L1.search.result.${name}`), value, name);
    }
    assert.equal(exchange.read('ldap.L1.search.result[1].attribute.mail[1]'), 'alice@example.com');
  });

  it('for several entries', async () => {
    const exchange = exchangeWith({});
    await policyOf(search('(&amp;(objectClass=person)(|(uid=alice)(uid=bob)))', 'cn')).step(exchange);
    assert.equal(exchange.read('ldap.L1.search.result.count'), 2);
    assert.equal(exchange.read('ldap.L1.search.result[2].attribute.cn'), 'Bob');
  });

  for (const [value, asked] of [
    ['*', '(cn=\\2a)'],
    ['a)(b', '(cn=a\\29\\28b)'],
    ['x)(|(cn=*', '(cn=x\\29\\28|\\28cn=\\2a)'],
  ] as const) {
    it(`with the value ${value} as nothing but a value`, async () => {
      await policyOf(search('cn={q}', 'mail')).step(exchangeWith({ q: value }));
      assert.equal(server.asked.at(-1), asked);
    });
  }

  it('without a result', async () => {
    const exchange = exchangeWith({});
    await policyOf(search('uid=nobody', 'mail')).step(exchange);
    assert.equal(exchange.read('ldap.L1.search.result.count'), 0);
    assert.equal(exchange.read('ldap.L1.execution.success'), true);
  });
});

describe('Ldap fails when', () => {
  for (const [name, settings, reason] of [
    ['nobody listens', { url: 'ldap://127.0.0.1:1' }, /cannot be reached/],
    ['the administrator is refused', { adminPassword: 'x' }, /refused: InvalidCredentialsError/],
    ['nobody in particular may not search', { adminDN: '' }, /refused: InsufficientAccessError/],
    ['the URL is none', { url: 'http://127.0.0.1' }, /is no LDAP URL/],
    ['a number is none', { poolSize: '0' }, /is no number from 1 to 1000/],
    ['the trust store is not there', { trustStore: 'none' }, /has no certificates/],
  ] as const) {
    it(name, async () => {
      const fault = await faultOf(policyOf(search('uid=bob', 'cn')).step, exchangeWith({}, settings));
      assert.equal(fault.code, 'steps.ldap.ExecutionFailed');
      assert.match(fault.faultstring, reason);
    });
  }

  it('the certificate is not trusted', async () => {
    const fault = await faultOf(policyOf(search('uid=bob', 'cn')).step, exchangeWith({}, { url: secure.url }));
    assert.equal(fault.code, 'steps.ldap.ExecutionFailed');
  });

  it('the server says nothing', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    assert.ok(typeof address === 'object' && address !== null);
    const settings = { url: `ldap://127.0.0.1:${address.port}`, timeout: '100' };
    const fault = await faultOf(policyOf(search('uid=bob', 'cn')).step, exchangeWith({}, settings));
    silent.close();
    assert.match(fault.faultstring, /did not answer in time/);
  });

  it('the resource is not there', async () => {
    const fault = await faultOf(policyOf(search('uid=bob', 'cn'), 'other').step, exchangeWith({}));
    assert.equal(fault.code, 'steps.ldap.LdapResourceNotFound');
  });

  it('the base is empty', async () => {
    const inner = search('uid=bob', 'cn').replace(base, '<BaseDN ref="none"/>');
    assert.equal((await faultOf(policyOf(inner).step, exchangeWith({}))).code, 'steps.ldap.InvalidSearchBase');
  });
});

describe('Ldap when the bundle is loaded', () => {
  for (const [inner, code, text] of [
    ['', 'ZH611', /neither authenticates nor searches/],
    ['<Authentication><Password>p</Password></Authentication>', 'ZH612', /neither UserName nor SearchQuery/],
    [
      '<Authentication><UserName>u</UserName><SearchQuery>a=b</SearchQuery><Password>p</Password></Authentication>',
      'ZH612',
      /SearchQueryAndUserNameCannotBePresent/,
    ],
    ['<Authentication><UserName>u</UserName></Authentication>', 'ZH612', /has no password/],
    [search('uid=x', 'cn').replace('</Search>', '<Scope>all</Scope></Search>'), 'ZH613', /InvalidSearchScope/],
    [search('(uid=x', 'cn'), 'ZH614', /is no search filter/],
    [search('', 'cn'), 'ZH614', /has no filter/],
    [search('uid=x'), 'ZH615', /AttributesRequired/],
    [search('uid=x', 'a b'), 'ZH615', /InvalidAttributeName/],
  ] as const) {
    it(`${code} ${inner}`, () => {
      const found = listed(policyOf(inner).diagnostics).join('\n');
      assert.match(found, new RegExp(`error ${code}`));
      assert.match(found, text);
    });
  }

  it('ZH610 and ZH617', () => {
    const inner = `${search('uid=x', 'cn')}<LdapConnectorClass>com.example.Own</LdapConnectorClass>`;
    const found = listed(policyOf(inner, '').diagnostics).join('\n');
    assert.match(found, /error ZH610/);
    assert.match(found, /warning ZH617/);
  });
});
