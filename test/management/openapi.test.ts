import assert from 'node:assert/strict';
import { routes } from '../../runtime/management/routes.ts';
import { managementSuite, multipart, zipOf } from '../support/management.ts';

/** What stands for the parameters of paths: things that are there where reading needs them. */
const there: Readonly<Record<string, string>> = {
  organization: 'acme',
  environment: 'local',
  api: 'first',
  sharedflow: 'mark',
  revision: '1',
  map: 'settings',
  entry: 'a',
  targetserver: 'backend',
  flowhook: 'PreProxyFlowHook',
  cache: 'short',
  virtualhost: 'default',
  keystore: 'store',
  reference: 'ref',
  type: 'jsc',
  file: 'code.js',
  apiproduct: 'gold',
  developer: 'ada@example.com',
  appgroup: 'partners',
  app: 'reader',
  consumerKey: 'my-key',
  datacollector: 'dc_a',
  attribute: 'a',
  dimensions: 'apiproxy',
};

const org = '/v1/organizations/acme';
const environment = `${org}/environments/local`;

/** Makes what the paths above name. */
const setup: readonly [string, unknown][] = [
  [`${org}/keyvaluemaps`, { name: 'settings', entry: [{ name: 'a', value: '1' }] }],
  [`${environment}/keyvaluemaps`, { name: 'settings', entry: [{ name: 'a', value: '1' }] }],
  [`${org}/apis/first/keyvaluemaps`, { name: 'settings', entry: [{ name: 'a', value: '1' }] }],
  [`${environment}/targetservers`, { name: 'backend', host: 'backend.example' }],
  [`${environment}/caches`, { name: 'short' }],
  [`${environment}/keystores`, { name: 'store' }],
  [`${environment}/references`, { name: 'ref', refers: 'store' }],
  [`${environment}/datacollectors`, { name: 'dc_a', type: 'STRING' }],
  [`${org}/apiproducts`, { name: 'gold', attributes: [{ name: 'a', value: '1' }] }],
  [
    `${org}/developers`,
    { email: 'ada@example.com', firstName: 'A', lastName: 'L', userName: 'a', attributes: [{ name: 'a', value: '1' }] },
  ],
  [`${org}/developers/ada@example.com/apps`, { name: 'reader', attributes: [{ name: 'a', value: '1' }] }],
  [`${org}/developers/ada@example.com/apps/reader/keys`, { consumerKey: 'my-key', consumerSecret: 's' }],
  [`${org}/appgroups`, { name: 'partners', channelId: 'c' }],
  [`${org}/appgroups/partners/apps`, { name: 'reader', attributes: [{ name: 'a', value: '1' }] }],
  [`${org}/appgroups/partners/apps/reader/keys`, { consumerKey: 'group-key', consumerSecret: 's' }],
];

const mark = zipOf({
  'sharedflowbundle/mark.xml': '<SharedFlowBundle name="mark"/>',
  'sharedflowbundle/sharedflows/default.xml': '<SharedFlow name="default"/>',
  'sharedflowbundle/resources/jsc/code.js': 'var a = 1;',
});

managementSuite('the OpenAPI document', {}, (it, { document, ask }) => {
  it('is OpenAPI 3.1, and holds every route that is served and no other', () => {
    assert.match(document.openapi, /^3\.1\./);
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    assert.deepEqual(described.sort(), routes.map(({ method, path }) => `${method} ${path}`).sort());
  });

  it('names every operation once', () => {
    const ids = Object.values(document.paths).flatMap((operations) =>
      Object.values(operations).map((one) => one.operationId),
    );
    assert.equal(new Set(ids).size, ids.length);
  });

  it('refers to schemas that are there, and has none that is not used', () => {
    const used = new Set(
      [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1]),
    );
    assert.deepEqual([...used].sort(), Object.keys(document.components.schemas).sort());
  });

  it('what it names can be made', async () => {
    const { body, headers } = multipart('file', mark);
    assert.equal((await ask(`POST ${org}/sharedflows?action=import`, body, headers)).status, 200);
    for (const [path, value] of setup) assert.equal((await ask(`POST ${path}`, value)).status, 201, path);
    const script = { 'Content-Type': 'application/octet-stream' };
    assert.equal((await ask(`POST ${environment}/resourcefiles?type=jsc&name=code.js`, 'var a;', script)).status, 201);
  });

  /** Nothing of that name is there, whatever is made above. */
  const unmade = new Set(['alias', 'appId', 'part', 'session']);

  it('every path that reads answers, and as it says', async () => {
    for (const [template, operations] of Object.entries(document.paths)) {
      if (operations.get === undefined) continue;
      const names = [...template.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
      // Live: it does not end.
      if (template === '/v1/zerohop/debugsessions/events') continue;
      const answer = await ask(`GET ${filled(template)}`);
      const isUnmade = names.some((name) => unmade.has(name)) || /\{api\}.*\{file\}$/.test(template);
      const expected = /trace\/transactions/.test(template) ? 400 : isUnmade ? 404 : 200;
      assert.equal(answer.status, expected, `GET ${template}`);
    }
  });

  it('every path that changes answers, also to nonsense, and as it says', async () => {
    for (const [template, operations] of Object.entries(document.paths)) {
      for (const method of Object.keys(operations)) {
        if (method === 'get' || template.startsWith('/v1/emulator')) continue;
        const line = `${method.toUpperCase()} ${filled(template).replace('acme', 'other')}`;
        const absent = line.replace(
          /first|mark|settings|backend|short|store|ref(?=$|\/)|gold|ada@|dc_a|code\.js/g,
          'absent',
        );
        const { status } = await ask(absent, method === 'delete' ? undefined : { unknown: [1] });
        assert.ok(status >= 200 && status < 500 && status !== 405, `${absent} answers ${status}`);
      }
    }
  });

  it('what is not in it is not there', async () => {
    assert.equal((await ask('GET /v1/organizations/acme/nothing')).status, 404);
    assert.equal((await ask('DELETE /v1/emulator/tree')).status, 405);
  });
});

function filled(template: string): string {
  // A key belongs to one app.
  const values = template.includes('{appgroup}') ? { ...there, consumerKey: 'group-key' } : there;
  return template.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? 'absent');
}
