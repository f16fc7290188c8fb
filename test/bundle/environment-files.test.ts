import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { load } from '../../runtime/bundle/load.ts';
import { bundleTree, type Files, proxy, proxyEndpoint } from '../support/bundle-tree.ts';
import { listed, rendered } from '../support/diagnostics.ts';

const weather = proxy('weather', proxyEndpoint('/weather', '<RouteRule name="none"/>'));

async function environmentOf(files: Files, asked?: string) {
  const tree: Record<string, string> = { ...weather };
  for (const [name, text] of Object.entries(files))
    tree[name.includes('/') ? name : `environments/test/${name}`] = text;
  const folder = await bundleTree(tree);
  const { environment, diagnostics } = await load(folder, { environment: asked });
  return { environment, folder, list: diagnostics.list, found: listed(diagnostics.list, folder) };
}

describe('an environment', () => {
  test('target servers, numbers and booleans written either way', async () => {
    const { environment, found } = await environmentOf({
      'targetservers.json': JSON.stringify([
        {
          name: 'a',
          host: 'a.example',
          port: '8443',
          isEnabled: 'false',
          sSLInfo: { enabled: 'true', keyStore: 'ref://k' },
        },
        { name: 'b', host: 'b.example', enabled: true, protocol: 'http', description: '' },
        { name: 'c', host: 'c.example', sSLInfo: { enabled: true, commonName: { value: '*.x', wildcardMatch: true } } },
      ]),
    });
    assert.deepEqual(found, []);
    const plain = [...environment.targetServers.values()].map(({ host, port, isEnabled, protocol, sSLInfo }) => [
      host,
      port,
      isEnabled,
      protocol,
      sSLInfo?.enabled,
      sSLInfo?.keyStore,
      sSLInfo?.commonName,
    ]);
    assert.deepEqual(plain, [
      ['a.example', 8443, false, 'HTTP', true, 'ref://k', undefined],
      ['b.example', 80, true, 'HTTP', undefined, undefined, undefined],
      ['c.example', 443, true, 'HTTP', true, undefined, { value: '*.x', wildcardMatch: true }],
    ]);
  });

  test('deployments, flow hooks, maps, masks, collectors, references, resources, property sets', async () => {
    const { environment, found } = await environmentOf({
      'deployments.json': '{"proxies":["weather"],"sharedflows":[]}',
      'flowhooks.json': '{"PreProxyFlowHook":{"sharedFlow":"sf","continueOnError":true},"PostProxyFlowHook":{}}',
      'maps.json':
        '[{"name":"m","encrypted":true,"entries":{"k":"v","o":{"a":[1]}}},{"name":"n","environment":"prod"}]',
      'kvms.json': '[{"name":"e","scope":"apiproxy","apiproxy":"weather","entry":[{"name":"k","value":"v"}]}]',
      'debugmask.json': '{"namespaces":{"n":"urn:n"},"variables":["request.header.authorization"]}',
      'datacollectors.json': '[{"name":"dc_x","type":"STRING","description":""}]',
      'references.json': '[{"name":"r","refers":"store","resourceType":"KeyStore"}]',
      'env.json': '{"name":"test"}',
      'environments/test/resources/jsc/x.js': 'x',
      'environments/test/resources/properties/s.properties': 'a=1',
      'environments/test/propertysets/t.properties': 'b=2',
    });
    assert.deepEqual(found, []);
    assert.deepEqual(environment.deployments, { proxies: new Set(['weather']), sharedFlows: new Set() });
    assert.deepEqual([...environment.flowHooks], [['PreProxyFlowHook', { sharedFlow: 'sf', continueOnError: true }]]);
    assert.deepEqual(
      environment.keyValueMaps.map(({ name, scope, proxy, encrypted, entries }) => [
        name,
        scope,
        proxy,
        encrypted,
        [...entries],
      ]),
      [
        [
          'm',
          'environment',
          undefined,
          true,
          [
            ['k', 'v'],
            ['o', '{"a":[1]}'],
          ],
        ],
        ['e', 'apiproxy', 'weather', false, [['k', 'v']]],
      ],
    );
    assert.deepEqual(environment.debugMask.variables, ['request.header.authorization']);
    assert.equal(environment.dataCollectors.get('dc_x')?.type, 'STRING');
    assert.equal(environment.references.get('r'), 'store');
    assert.ok(environment.resources.has('jsc://x.js'));
    assert.deepEqual(
      [...environment.properties],
      [
        ['t.b', '2'],
        ['s.a', '1'],
      ],
    );
  });

  test('products, developers and apps, from src/tests too', async () => {
    const { environment, found } = await environmentOf({
      'products.json': JSON.stringify([
        {
          name: 'gold',
          quota: '10',
          quotaInterval: '1',
          quotaTimeUnit: 'minute',
          attributes: [{ name: 'tier', value: '1' }],
          operationGroup: {
            operationConfigs: [
              { apiSource: 'weather', operations: [{ resource: '/', methods: ['GET'] }], quota: { limit: '5' } },
            ],
          },
        },
      ]),
      'src/tests/a/developers.json': '[{"email":"d@x","firstName":"D"}]',
      'src/tests/a/developerapps.json':
        '[{"name":"app","developerEmail":"d@x","apiProducts":["gold"],"credentials":[{"consumerKey":"k","consumerSecret":"s","apiProducts":[{"apiproduct":"gold","status":"approved"}]}]}]',
    });
    assert.deepEqual(found, []);
    const gold = environment.products.get('gold');
    assert.deepEqual(gold?.quota, { limit: '10', interval: '1', timeUnit: 'minute' });
    assert.deepEqual(gold?.operations[0]?.operations, [{ resource: '/', methods: ['GET'] }]);
    assert.equal(environment.developers.get('d@x')?.firstName, 'D');
    assert.deepEqual(environment.developerApps[0]?.credentials[0]?.apiProducts, [{ name: 'gold', status: 'approved' }]);
  });

  test('keys and certificates as text or as files beside', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const { environment, found } = await environmentOf({
      'keystores.json': JSON.stringify([
        {
          name: 'k',
          aliases: [
            { alias: 'text', key },
            { alias: 'file', key: 'key.pem' },
            { alias: 'none', key: 'no.pem' },
            { alias: 'bad', cert: 'bad.pem' },
          ],
        },
      ]),
      'environments/test/key.pem': key,
      'environments/test/bad.pem': 'x',
    });
    const aliases = environment.keyStores.get('k')?.aliases;
    assert.equal(aliases?.get('text')?.key, key);
    assert.equal(aliases?.get('file')?.key, key);
    assert.equal(found.length, 2);
    assert.match(found[0] ?? '', /error ZH051 There is no file "no\.pem" beside keystores\.json\./);
    assert.match(found[1] ?? '', /error ZH051 The certificate in bad\.pem cannot be read: /);
  });

  test('which one: the one asked for, the only one, else local', async () => {
    const two = { 'environments/a/env.json': '{}', 'environments/b/env.json': '{}' };
    const cases: [files: Files, asked: string | undefined, name: string, found: string[]][] = [
      [{}, undefined, 'local', []],
      [{}, 'x', 'x', []],
      [{ 'environments/a/env.json': '{}' }, undefined, 'a', []],
      [two, 'b', 'b', []],
      [two, undefined, 'local', ['.:1:1 warning ZH055 There are several environments (a, b); none of them is read.']],
      [two, 'c', 'c', ['.:1:1 warning ZH055 There is no environment "c"; found: a, b.']],
      [{ ...two, 'environments/local/env.json': '{}' }, undefined, 'local', []],
      [{ 'environments/dev/main.tf': 'x' }, undefined, 'local', []],
    ];
    for (const [files, asked, name, expected] of cases) {
      const { environment, found } = await environmentOf(files, asked);
      assert.deepEqual([environment.name, found], [name, expected]);
    }
  });

  test('its digest changes with its files', async () => {
    const one = await environmentOf({ 'maps.json': '[]' });
    const same = await environmentOf({ 'maps.json': '[]' });
    const other = await environmentOf({ 'maps.json': '[ ]' });
    assert.equal(one.environment.digest, same.environment.digest);
    assert.notEqual(one.environment.digest, other.environment.digest);
  });
});

describe('mistakes in environment files', () => {
  test('a misspelt member, shown in its place', async () => {
    const { list, folder } = await environmentOf({ 'targetservers.json': '[\n  { "name": "a", "hosts": "b" }\n]' });
    assert.equal(
      rendered(list, `${folder}/environments/test`),
      `targetservers.json:2:3: error ZH051: A target server needs "host".
  2 |   { "name": "a", "hosts": "b" }
    |   ^
  hint: Add "host": "...".
targetservers.json:2:18: warning ZH052: A target server has no "hosts"; it has no effect.
  2 |   { "name": "a", "hosts": "b" }
    |                  ^~~~~~~
  hint: Did you mean "host"?`,
    );
  });

  const cases: [name: string, text: string, expected: string][] = [
    [
      'targetservers.json',
      '[{"name":"a","host":"h","port":"x"}]',
      '1:32 error ZH051 "port" is "x", expected a whole number from 1 to 65535.',
    ],
    ['targetservers.json', '[{"name":"a","host":"http://h","port":1}]', '1:21 error ZH051 "http://h" is no host name.'],
    ['targetservers.json', '{"name":"a"}', '1:1 error ZH051 The file is an object, expected a list [ ... ].'],
    ['targetservers.json', '[\n1]', '2:1 error ZH051 A target server is an object { ... }, this is 1.'],
    [
      'targetservers.json',
      '[{"name":"a","host":"h"},\n{"name":"a","host":"i"}]',
      '2:9 warning ZH053 "a" stands in this list twice, first in line 1; the last one counts.',
    ],
    ['deployments.json', '{"proxies":["wether"]}', '1:13 error ZH056 There is no proxy "wether" to deploy.'],
    [
      'deployments.json',
      '{"proxies":["weather",{"nme":"x"}]}',
      '1:23 error ZH051 A deployment that is not just a name needs "name".',
    ],
    ['flowhooks.json', '{"PreProxyHook":{}}', '1:17 error ZH051 There is no flow hook "PreProxyHook".'],
    [
      'maps.json',
      '[{"name":"m","scope":"galaxy"}]',
      '1:22 error ZH051 "scope" is "galaxy", expected one of organization, environment, apiproxy.',
    ],
    ['targetserver.json', '[]', '1:1 warning ZH057 No file of an environment has this name; it is not read.'],
    ['maps.json', '', '1:1 error ZH050 The file is empty, JSON is expected.'],
    ['maps.json', '[\n  {"name": "m",}\n]', '2:15 error ZH050 The comma before "}" is one too many.'],
    ['maps.json', '[{"a" 1}]', '1:7 error ZH050 ":" is expected after "a", not "1".'],
    ['maps.json', '[{"a":1 "b":2}]', '1:9 error ZH050 "," or "}" is expected, not "\\"".'],
    ['maps.json', '[{a:1}]', '1:3 error ZH050 A member name in double quotes is expected, not "a".'],
    ['maps.json', "['a']", '1:2 error ZH050 A value is expected, not "\'".'],
    ['maps.json', '[\n{"a":1}', '1:1 error ZH050 This "[" is never closed.'],
    ['maps.json', '[] x', '1:4 error ZH050 Nothing more is expected after the value, not "x".'],
    ['maps.json', '[ // x\n]', '1:3 error ZH050 JSON has no comments.'],
    ['maps.json', '["a\n"]', '1:2 error ZH050 This string does not end in its line.'],
    ['maps.json', '["a\\x"]', '1:4 error ZH050 This escape is not known.'],
    ['maps.json', '[01]', '1:2 error ZH050 A value is expected, not "01".'],
    ['maps.json', '['.repeat(200), '1:101 error ZH050 Nested deeper than 100 levels.'],
  ];
  for (const [name, text, expected] of cases) {
    test(`${name} ${JSON.stringify(text.slice(0, 50))}`, async () => {
      const { found } = await environmentOf({ [name]: text });
      const [first = ''] = found;
      assert.equal(first.replace(`environments/test/${name}:`, ''), expected, found.join('\n'));
    });
  }
});
