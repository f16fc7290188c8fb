import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyEnvironment } from '../../runtime/bundle/environment.ts';
import { loadBundle } from '../../runtime/bundle/load.ts';
import { BundleCompiler } from '../../runtime/flow/bundle-compiler.ts';
import { compileProxy } from '../../runtime/flow/proxy-plan.ts';
import { Consumers } from '../../runtime/state/consumers.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import { listed } from '../support/diagnostics.ts';

/** What loading and compiling a proxy report together. */
function found(files: Readonly<Record<string, string>>): string[] {
  const { bundle, diagnostics } = loadBundle({
    kind: 'apiproxy',
    folder: 'p/apiproxy',
    files: new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])),
  });
  const context = {
    environment: emptyEnvironment('test'),
    store: new MemoryStore(),
    consumers: new Consumers(),
    scripts: undefined,
    xpath: undefined,
    xsd: undefined,
    oas: undefined,
    graphql: undefined,
    saml: undefined,
    ldap: undefined,
    policies: new Map(),
    connections: {
      target: () => undefined,
      url: () => undefined,
      callout: () => undefined,
      http: () => undefined,
    } as never,
  };
  compileProxy(bundle, new BundleCompiler(bundle, context, diagnostics, false));
  return listed(diagnostics.list, 'p/apiproxy');
}

const base = { 'p.xml': '<APIProxy name="p"/>' };
const connection = '<HTTPProxyConnection><BasePath>/p</BasePath></HTTPProxyConnection>';

test('who refers to a broken file has made no mistake', () => {
  const endpoint = `<ProxyEndpoint name="default">${connection}<PreFlow><Request><Step><Name>AM-One</Name></Step><Step><Name>Two</Name></Step><Step><Name>Three</Name></Step></Request></PreFlow><RouteRule><TargetEndpoint>t</TargetEndpoint></RouteRule></ProxyEndpoint>`;
  const files = {
    ...base,
    'proxies/default.xml': endpoint,
    'policies/one.xml': '<AssignMessage name="AM-One">',
    'policies/Two.xml': '<AssignMessage><Set></AssignMessage>',
    'targets/t.xml': '<TargetEndpoint name="t"',
  };
  assert.deepEqual(
    found(files).map((line) => line.replace(/ (error|warning) (\w+) .*/, ' $2')),
    [
      'policies/Two.xml:1:21 BN011',
      'policies/one.xml:1:1 BN011',
      'targets/t.xml:1:1 BN011',
      `proxies/default.xml:1:${endpoint.indexOf('Three') + 1} BN010`,
    ],
  );
});

test('a proxy whose only endpoint is broken has no second mistake', () => {
  assert.deepEqual(found({ ...base, 'proxies/default.xml': '<ProxyEndpoint' }), [
    'proxies/default.xml:1:1 error BN011 The tag <ProxyEndpoint> has no closing ">".',
  ]);
});

test('entities before a mistake in a condition do not move its place', () => {
  const condition = 'a &gt; 1 and (b = &quot;x&quot;';
  const endpoint = `<ProxyEndpoint name="default">${connection}<RouteRule><Condition>${condition}</Condition></RouteRule></ProxyEndpoint>`;
  const [line = ''] = found({ ...base, 'proxies/default.xml': endpoint });
  const column = Number(/^proxies\/default\.xml:1:(\d+) error CC007/.exec(line)?.[1]);
  assert.ok(['(', ''].includes(endpoint.slice(column - 1, column).replace('<', '')), line);
});
