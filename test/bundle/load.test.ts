import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Loaded, load } from '../../runtime/bundle/load.ts';
import { bundleTree, type Files, proxyEndpoint, sharedFlow } from '../support/bundle-tree.ts';
import { listed, rendered } from '../support/diagnostics.ts';

function all(loaded: Loaded) {
  return [...loaded.bundles.flatMap((one) => one.diagnostics.list), ...loaded.diagnostics.list];
}

function names(loaded: Loaded): string[] {
  return loaded.bundles.map(({ bundle }) => bundle.name);
}

/** A proxy in a folder, with what tests add to it. */
function proxyIn(folder: string, name: string, files: Files = {}): Files {
  const tree: Record<string, string> = {
    [`${folder}/apiproxy/${name}.xml`]: `<APIProxy name="${name}" revision="3"/>`,
    [`${folder}/apiproxy/proxies/default.xml`]: proxyEndpoint(`/${name}`, '<RouteRule name="none"/>'),
  };
  for (const [path, text] of Object.entries(files)) tree[`${folder}/apiproxy/${path}`] = text;
  return tree;
}

async function diagnosticsOf(files: Files): Promise<string> {
  const folder = await bundleTree(proxyIn('a', 'a', files));
  return rendered(all(await load(folder)), `${folder}/a/apiproxy`);
}

describe('layouts', () => {
  test('bundles at any depth, in path order, hidden folders and node_modules left out', async () => {
    const folder = await bundleTree({
      ...proxyIn('b', 'b'),
      ...proxyIn('a/deep/er', 'a'),
      ...proxyIn('node_modules/x', 'x'),
      ...proxyIn('.hidden/y', 'y'),
      ...proxyIn('b/apiproxy/resources/z', 'inner'),
      ...sharedFlow('c', ''),
      'src/apiproxy/main.go': 'package apiproxy',
    });
    const loaded = await load(folder);
    assert.deepEqual(names(loaded), ['a', 'b', 'c']);
    assert.deepEqual(
      loaded.bundles.map(({ bundle }) => [bundle.kind, bundle.revision]),
      [
        ['apiproxy', '3'],
        ['apiproxy', '3'],
        ['sharedflowbundle', '1'],
      ],
    );
    assert.deepEqual(all(loaded), []);
  });

  test('a workspace, given at its root, at src/main/apigee, or by one of its bundles', async () => {
    const folder = await bundleTree({
      ...proxyIn('src/main/apigee/apiproxies/p', 'p'),
      ...sharedFlow('src/main/apigee/sharedflows/s', ''),
      'src/main/apigee/environments/dev/targetservers.json': '[{"name":"t","host":"h","port":"8080"}]',
      'src/tests/one/products.json': '[{"name":"gold"}]',
    });
    for (const [path, expected] of [
      ['', 2],
      ['src/main/apigee', 2],
      ['src/main/apigee/apiproxies/p', 1],
      ['src/main/apigee/apiproxies/p/apiproxy', 1],
    ] as const) {
      const { bundles, environment } = await load(join(folder, path));
      assert.equal(bundles.length, expected, path);
      assert.equal(environment.name, 'dev');
      assert.equal(environment.targetServers.get('t')?.port, 8080);
    }
    assert.deepEqual([...(await load(folder)).environment.products.keys()], ['gold']);
  });

  test('nothing at the path', async () => {
    await assert.rejects(load('/does/not/exist'), { code: 'ENOENT' });
  });

  test('a directory without bundles', async () => {
    const folder = await bundleTree({ 'x/readme.md': 'x' });
    assert.deepEqual(listed((await load(folder)).diagnostics.list, folder), [
      '.:1:1 warning ZH007 There is no bundle here: no folder apiproxy/ or sharedflowbundle/ with XML files, and no zip of one.',
    ]);
  });

  test('two bundles of one name: the second in path order is left out, a copy with a warning', async () => {
    const folder = await bundleTree({
      ...proxyIn('one', 'same'),
      ...proxyIn('two', 'same', { 'policies/P.xml': '<X name="P"/>' }),
      ...proxyIn('zero', 'same'),
      ...sharedFlow('same', ''),
    });
    const loaded = await load(folder);
    assert.deepEqual(
      loaded.bundles.map(({ bundle }) => bundle.folder.slice(folder.length + 1)),
      ['one/apiproxy', 'same/sharedflowbundle'],
    );
    assert.deepEqual(listed(loaded.diagnostics.list, folder), [
      'two/apiproxy/same.xml:1:1 error ZH060 Proxy "same" of two/apiproxy is left out: one/apiproxy has that name already.',
      'zero/apiproxy/same.xml:1:1 warning ZH060 Proxy "same" of zero/apiproxy is the same as that of one/apiproxy, which is used.',
    ]);
  });

  test('links inside are followed, others refused', async () => {
    const folder = await bundleTree({
      ...proxyIn('in/a', 'a'),
      ...proxyIn('in/b', 'b'),
      'in/shared/P.xml': '<X name="P"/>',
    });
    await mkdir(join(folder, 'in/a/apiproxy/policies'), { recursive: true });
    await mkdir(join(folder, 'in/b/apiproxy/policies'), { recursive: true });
    await symlink('../../../shared/P.xml', join(folder, 'in/a/apiproxy/policies/P.xml'));
    await symlink('/etc/hostname', join(folder, 'in/b/apiproxy/policies/Q.xml'));
    await symlink('nowhere', join(folder, 'in/b/apiproxy/policies/R.xml'));
    await symlink('../..', join(folder, 'in/b/up'));
    const loaded = await load(join(folder, 'in'));
    assert.deepEqual([...(loaded.bundles[0]?.bundle.policies.keys() ?? [])], ['P']);
    assert.deepEqual(listed(all(loaded), join(folder, 'in')), [
      'b/apiproxy/policies/Q.xml:1:1 error ZH005 The link leads out of the bundle directory and is not followed.',
      'b/apiproxy/policies/R.xml:1:1 error ZH005 The link leads to nothing.',
      'b/up:1:1 warning ZH005 The link leads out of the bundle directory and is not followed.',
    ]);
  });

  test('the digest changes with names and contents only', async () => {
    const folder = await bundleTree(proxyIn('a', 'a', { 'resources/jsc/x.js': '1' }));
    const digest = async () => (await load(folder)).bundles[0]?.bundle.digest;
    const first = await digest();
    await rename(join(folder, 'a'), join(folder, 'b'));
    assert.equal(await digest(), first);
    await rename(join(folder, 'b/apiproxy/resources/jsc/x.js'), join(folder, 'b/apiproxy/resources/jsc/y.js'));
    assert.notEqual(await digest(), first);
    await rm(join(folder, 'b/apiproxy/resources'), { recursive: true });
    assert.notEqual(await digest(), first);
  });
});

describe('a bundle', () => {
  test('its parts, by their name attribute, else by their file', async () => {
    const folder = await bundleTree(
      proxyIn('a', 'a', {
        'targets/t.xml':
          '<TargetEndpoint><HTTPTargetConnection><URL>http://x</URL></HTTPTargetConnection></TargetEndpoint>',
        'policies/Named.xml': '<AssignMessage name=" Named "/>',
        'policies/File.xml': '<AssignMessage/>',
        'resources/jsc/lib/x.js': 'x',
        'resources/properties/s.properties': 'a.b = 1\n',
        'manifests/manifest.xml': '<Manifest/>',
        'notes.txt': 'x',
      }),
    );
    const [loaded] = (await load(folder)).bundles;
    assert.ok(loaded);
    const { bundle, diagnostics } = loaded;
    assert.deepEqual(diagnostics.list, []);
    assert.deepEqual(
      bundle.targetEndpoints.map((one) => one.name),
      ['t'],
    );
    assert.deepEqual([...bundle.policies.keys()], ['File', 'Named']);
    assert.deepEqual([...bundle.resources.keys()], ['jsc://lib/x.js', 'properties://s.properties']);
    assert.deepEqual([...bundle.properties], [['s.a.b', '1']]);
    assert.deepEqual([...bundle.unreadable], []);
  });

  test('without a base configuration, or one without a name', async () => {
    const endpoint = proxyEndpoint('/x', '<RouteRule name="none"/>');
    const folder = await bundleTree({
      'one/apiproxy/proxies/default.xml': endpoint,
      'two/apiproxy/base.xml': '<APIProxy/>',
      'two/apiproxy/proxies/default.xml': endpoint,
    });
    const loaded = await load(folder);
    assert.deepEqual(names(loaded), ['one', 'base']);
    assert.deepEqual(listed(all(loaded), folder), [
      'one/apiproxy:1:1 warning BN001 The bundle has no base configuration; it goes by the folder\'s name, "one".',
      'two/apiproxy/base.xml:1:1 warning BN001 <APIProxy> has no name; the file\'s own, "base", is used.',
    ]);
  });

  test('more than ten endpoints, and names Apigee does not accept', async () => {
    const files: Record<string, string> = {};
    for (let i = 0; i < 10; i++) files[`proxies/e${i}.xml`] = proxyEndpoint(`/${i}`, '<RouteRule/>', `e${i}`);
    const folder = await bundleTree(proxyIn('a', 'a.b', { ...files, 'policies/P#.xml': '<X/>' }));
    assert.deepEqual(listed(all(await load(folder)), `${folder}/a/apiproxy`), [
      'policies/P#.xml:1:1 warning ZH062 Apigee does not accept the name "P#".',
      'a.b.xml:1:17 warning ZH062 Apigee does not accept the name "a.b".',
      'a.b.xml:1:1 warning ZH063 The proxy has 11 ProxyEndpoints; Apigee allows 10.',
    ]);
  });
});

describe('broken bundles', () => {
  test('an unclosed tag', async () => {
    const expected = `policies/AM-Broken.xml:3:1: error BN011: </AssignMessage> stands where <Set>, opened at line 2, column 3, is still open.
  3 | </AssignMessage>
    | ^~~~~~~~~~~~~~~~
  hint: Add </Set> before </AssignMessage>.`;
    assert.equal(
      await diagnosticsOf({ 'policies/AM-Broken.xml': '<AssignMessage name="AM">\n  <Set>\n</AssignMessage>' }),
      expected,
    );
  });

  test('names of unreadable files are kept', async () => {
    const folder = await bundleTree(
      proxyIn('a', 'a', {
        'policies/File.xml': '<AssignMessage enabled="true" name="Attribute"><Set>',
        'targets/t.xml':
          '<TargetEndpoint name="t"><HTTPTargetConnection><HealthMonitor><HTTPMonitor><SuccessResponse><Header/></SuccessResponse></HTTPMonitor></HealthMonitor></HTTPTargetConnection></TargetEndpoint>',
      }),
    );
    const unreadable = (await load(folder)).bundles[0]?.bundle.unreadable ?? new Set();
    assert.deepEqual([...unreadable], ['File', 'Attribute', 't']);
  });

  const cases: [what: string, files: Files, expected: string][] = [
    [
      'a target endpoint among the proxies',
      { 'proxies/t.xml': '<TargetEndpoint name="t"/>' },
      'proxies/t.xml:1:1: error BN001: <TargetEndpoint> is not read from proxies/.\n  1 | <TargetEndpoint name="t"/>\n    | ^~~~~~~~~~~~~~~\n  hint: Move it to targets/.',
    ],
    [
      'a policy among the targets',
      { 'targets/Q.xml': '<Quota name="Q"/>' },
      'targets/Q.xml:1:1: error BN001: <Quota> is not read from targets/.\n  1 | <Quota name="Q"/>\n    | ^~~~~~\n  hint: Move it to policies/.',
    ],
    [
      'a second base configuration',
      { 'b.xml': '<APIProxy name="b"/>' },
      'b.xml:1:1: warning BN001: The bundle has a second base configuration; a.xml is used.\n  1 | <APIProxy name="b"/>\n    | ^~~~~~~~~\n  hint: Keep one of them.',
    ],
    [
      'two policies of one name',
      { 'policies/P.xml': '<X name="P"/>', 'policies/Q.xml': '<X name="P"/>' },
      'policies/Q.xml:1:10: warning PO006: The policy "P" lies in a file of another name, Q.xml.\n  1 | <X name="P"/>\n    |          ^\n  hint: Rename the file to P.xml.\n' +
        'policies/Q.xml:1:10: error ZH061: There are two policies named "P"; the other is in policies/P.xml.\n  1 | <X name="P"/>\n    |          ^\n  hint: Rename one of them.',
    ],
    [
      'a misspelt folder',
      { 'policy/P.xml': '<X name="P"/>' },
      'policy: warning ZH064: This folder is not read.\n  hint: Did you mean policies/?',
    ],
    [
      'a folder below policies',
      { 'policies/sub/P.xml': '<X name="P"/>' },
      'policies/sub: warning ZH064: This folder is not read.\n  hint: Files of policies/ lie directly in it.',
    ],
    [
      'shared flows in a proxy',
      { 'sharedflows/default.xml': '<SharedFlow/>' },
      'sharedflows: warning ZH064: This folder is not read.\n  hint: sharedflows/ belongs into a folder named sharedflowbundle.',
    ],
    [
      'integration endpoints',
      { 'integration-endpoints/i.xml': '<IntegrationEndpoint name="i"/>' },
      'integration-endpoints/i.xml:1:1: warning ZH022: Integration endpoints need the cloud; this one is not read.\n  1 | <IntegrationEndpoint name="i"/>\n    | ^~~~~~~~~~~~~~~~~~~~\n  hint: Route to a TargetEndpoint instead.',
    ],
    [
      'UTF-16',
      { 'policies/P.xml': '<\0X\0/\0>\0' },
      'policies/P.xml: error ZH001: The file is binary data or UTF-16 text, UTF-8 is expected.\n  hint: Save it as UTF-8.',
    ],
    [
      'a resource without a type',
      { 'resources/x.js': 'x' },
      'resources/x.js: warning ZH064: This resource has no type: it lies in resources/ itself and cannot be referred to.\n  hint: Move it to resources/jsc, resources/xsl ...',
    ],
    [
      'a property set with a bad escape',
      { 'resources/properties/s.properties': 'a=1\nb=C:\\users\n' },
      'resources/properties/s.properties:2:5: error ZH065: The escape \\u needs four hexadecimal digits.\n  2 | b=C:\\users\n    |     ^~\n  hint: For a backslash itself write \\\\.',
    ],
  ];
  for (const [what, files, expected] of cases) {
    test(what, async () => assert.equal(await diagnosticsOf(files), expected));
  }
});
