import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadXPath } from '../../runtime/language/xpath.ts';
import { AccessEntity } from '../../runtime/policies/AccessEntity.ts';
import { ExtractVariables } from '../../runtime/policies/ExtractVariables.ts';
import { consumersOf } from '../support/consumers.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf } from '../support/exchange.ts';
import { compilePolicy } from '../support/policy.ts';

const developer = (email: string, developerId: string) => ({ email, developerId, firstName: 'A & B', userName: 'ada' });
const app = (developerEmail: string, appId: string, keys: readonly string[]) => ({
  name: 'shop',
  appId,
  developerEmail,
  attributes: [{ name: 'Department', value: 'R<D' }],
  credentials: keys.map((consumerKey) => ({
    consumerKey,
    consumerSecret: `secret-${consumerKey}`,
    issuedAt: '7',
    expiresAt: '-1',
    scopes: ['READ'],
    apiProducts: [
      { apiproduct: 'gold', status: 'approved' },
      { apiproduct: 'silver', status: 'pending' },
    ],
  })),
});
const consumers = consumersOf({
  developers: [developer('ada@example.com', 'd1'), developer('bob@example.com', 'd2')],
  products: [
    { name: 'gold', apiResources: ['/gold'], quota: 5, attributes: [{ name: 'access', value: 'public' }] },
    { name: 'silver', apiResources: ['/silver/**'] },
  ],
  apps: [app('ada@example.com', 'a1', ['k1']), app('bob@example.com', 'a2', ['k2', 'k3'])],
});

function run(inner: string, variables: Record<string, unknown> = {}) {
  const policy = compilePolicy(AccessEntity, `<AccessEntity name="AE">${inner}</AccessEntity>`, {
    compiler: { consumers },
  });
  assert.deepEqual(listed(policy.diagnostics), []);
  const exchange = exchangeOf({ variables: { k: 'k1', ...variables } });
  assert.equal(policy.step(exchange), undefined);
  return exchange;
}

const by = (type: string, kind: string, ref = 'k', rest = '') =>
  `<EntityType value="${type}"/><EntityIdentifier ref="${ref}" type="${kind}"/>${rest}`;

describe('profiles', () => {
  test('of a developer', () => {
    assert.equal(
      run(by('developer', 'consumerkey')).read('AccessEntity.AE'),
      '<Developer><Apps><App>shop</App></Apps><Attributes/><CreatedAt>1000</CreatedAt>' +
        '<LastModifiedAt>2000</LastModifiedAt><DeveloperId>d1</DeveloperId><Email>ada@example.com</Email>' +
        '<FirstName>A &amp; B</FirstName><LastName/><Status>active</Status><UserName>ada</UserName></Developer>',
    );
  });

  test('of an app', () => {
    const xml = String(run(by('app', 'consumerkey')).read('AccessEntity.AE'));
    assert.match(xml, /^<App name="shop">.*<\/App>$/);
    assert.match(
      xml,
      /<Attributes><Attribute><Name>Department<\/Name><Value>R&lt;D<\/Value><\/Attribute><\/Attributes>/,
    );
    assert.match(
      xml,
      /<ConsumerKey>k1<\/ConsumerKey><ConsumerSecret>secret-k1<\/ConsumerSecret><ExpiresAt>-1<\/ExpiresAt>/,
    );
    assert.match(xml, /<ApiProduct><Name>silver<\/Name><Status>pending<\/Status><\/ApiProduct>/);
  });

  test('of a product', () => {
    const xml = String(run(by('apiproduct', 'apiproductname'), { k: 'gold' }).read('AccessEntity.AE'));
    assert.match(xml, /^<ApiProduct name="gold"><ApiResources><ApiResource>\/gold<\/ApiResource><\/ApiResources>/);
    assert.match(xml, /<Quota>5<\/Quota>/);
  });

  test('of a key', () => {
    assert.match(String(run(by('consumerkey', 'consumerkey')).read('AccessEntity.AE')), /^<Credential>.*k1/);
    assert.equal(
      run(by('consumerkey_scope', 'consumerkey')).read('AccessEntity.AE'),
      '<Scopes><Scope>READ</Scope></Scopes>',
    );
  });

  test('as JSON', () => {
    const text = run(`${by('app', 'appid', 'id')}<OutputFormat>JSON</OutputFormat>`, { id: 'a1' }).read(
      'AccessEntity.AE',
    );
    const json = JSON.parse(String(text));
    assert.equal(json.appId, 'a1');
    assert.deepEqual(json.credentials[0].apiProducts[0], { apiproduct: 'gold', status: 'approved' });
  });
});

describe('what identifies', () => {
  const found = (inner: string, variables: Record<string, unknown> = {}) =>
    /<AppId>(.*?)<|<Email>(.*?)<|^<ApiProduct name="(.*?)"/
      .exec(String(run(inner, variables).read('AccessEntity.AE')))
      ?.slice(1)
      .join('');
  const second = (kind: string, ref: string) => `<SecondaryIdentifier ref="${ref}" type="${kind}"/>`;
  const names = { n: 'shop', bob: 'bob@example.com', d1: 'd1', path: '/silver/1' };
  for (const [inner, expected] of [
    [by('app', 'appname', 'n', second('developeremail', 'bob')), 'a2'],
    [by('app', 'appname', 'n', second('developerid', 'd1')), 'a1'],
    [by('app', 'appname', 'n'), undefined],
    [by('app', 'consumerkey', 'none'), undefined],
    [by('app', 'consumerkey', 'n'), undefined],
    [by('developer', 'developerid', 'd1'), 'ada@example.com'],
    [by('Developer', 'DeveloperEmail', 'bob'), 'bob@example.com'],
    [by('apiproduct', 'consumerkey'), 'gold'],
    [by('apiproduct', 'consumerkey', 'k', second('apiresource', 'path')), 'silver'],
    [by('apiproduct', 'appname', 'n', second('developeremail', 'bob')), 'gold'],
  ] as const) {
    test(`${inner} is ${expected}`, () => assert.equal(found(inner, names), expected));
  }

  test('several at once', () => {
    const one = (ref: string) => `<Identifier><EntityIdentifier ref="${ref}" type="appid"/></Identifier>`;
    const inner = `<EntityType value="app"/><Identifiers>${one('x')}${one('y')}</Identifiers>`;
    const exchange = run(inner, { x: 'a1', y: 'a2' });
    assert.match(String(exchange.read('AccessEntity.AE')), /^<Apps><App .*<\/App><App .*<\/App><\/Apps>$/);
    assert.equal(exchange.read('AccessEntity.ChildNodes.AE.App.2.AppId'), 'a2');
  });

  test('not found leaves nothing of a call before', () => {
    const policy = compilePolicy(AccessEntity, `<AccessEntity name="AE">${by('app', 'consumerkey')}</AccessEntity>`, {
      compiler: { consumers },
    });
    const exchange = exchangeOf({ variables: { k: 'k1' } });
    policy.step(exchange);
    assert.equal(exchange.read('AccessEntity.ChildNodes.AE.App.AppId'), 'a1');
    exchange.write('k', 'unknown');
    policy.step(exchange);
    assert.equal(exchange.read('AccessEntity.AE'), undefined);
    assert.equal(exchange.read('AccessEntity.ChildNodes.AE.App.AppId'), undefined);
  });
});

test('an app group and its apps', () => {
  const owned = { name: 'g', appId: 'ga', appGroup: 'partners', credentials: [{ consumerKey: 'gk' }] };
  const data = { appGroups: [{ name: 'partners', appGroupId: 'g1' }], apps: [owned] };
  const read = (inner: string) => {
    const xml = `<AccessEntity name="AE">${inner}</AccessEntity>`;
    const policy = compilePolicy(AccessEntity, xml, { compiler: { consumers: consumersOf(data) } });
    const exchange = exchangeOf({ variables: { k: 'gk', g: 'partners', n: 'g' } });
    policy.step(exchange);
    return String(exchange.read('AccessEntity.AE'));
  };
  assert.match(read(by('appgroup', 'consumerkey')), /^<AppGroup><AppGroupId>g1<.*<Name>partners<.*<Status>active</);
  const second = '<SecondaryIdentifier ref="g" type="appgroupname"/>';
  assert.match(read(by('app', 'appname', 'n', second)), /^<App name="g">.*<AppId>ga</);
});

describe('reading the profile', () => {
  test('by ChildNodes', () => {
    const read = (name: string, k = 'k1') =>
      run(by('app', 'consumerkey'), { k }).read(`AccessEntity.ChildNodes.AE.App.${name}`);
    assert.equal(read('AppId'), 'a1');
    assert.equal(read('Credentials.Credential.ConsumerKey'), 'k1');
    assert.equal(read('Credentials.Credential.1.ConsumerSecret'), 'secret-k1');
    assert.equal(read('Credentials.Credential.ConsumerKey', 'k2'), undefined);
    assert.equal(read('Credentials.Credential.2.ConsumerKey', 'k2'), 'k3');
    assert.equal(read('Credentials.Credential.3.ConsumerKey', 'k2'), undefined);
    assert.match(String(read('Attributes')), /^<Attributes><Attribute>/);
    assert.equal(read('None.Deeper'), undefined);
  });

  test('by ExtractVariables', async () => {
    const xpath = await loadXPath();
    const exchange = run(by('developer', 'consumerkey'));
    const extract = `<ExtractVariables name="EV"><Source>AccessEntity.AE</Source><VariablePrefix>d</VariablePrefix>
      <XMLPayload><Variable name="email" type="string"><XPath>/Developer/Email</XPath></Variable></XMLPayload></ExtractVariables>`;
    await compilePolicy(ExtractVariables, extract, { compiler: { xpath } }).step(exchange);
    assert.equal(exchange.read('d.email'), 'ada@example.com');
  });
});

test('mistakes', () => {
  const found = (inner: string) =>
    listed(compilePolicy(AccessEntity, `<AccessEntity name="AE">${inner}</AccessEntity>`).diagnostics);
  assert.match(found('').join('\n'), /error ZH541 .*InvalidEntityType.*error ZH542/s);
  assert.match(found(by('application', 'appid')).join('\n'), /error ZH541 .*"application" does not exist/);
  assert.match(found(by('company', 'companyname')).join('\n'), /warning ZH543/);
  assert.match(found(by('developer', 'apiproductname')).join('\n'), /warning ZH544/);
});
