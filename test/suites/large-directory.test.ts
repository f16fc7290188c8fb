import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { dormantFrom } from '../../runtime/deployment/dormancy.ts';
import {
  bundleTree,
  type Files,
  localTarget,
  noTarget,
  proxy,
  proxyEndpoint,
  route,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { call, type Gateway, startGateway } from '../support/gateway.ts';

/** Directories with so many bundles that proxies are dormant until they are called. */

function many(): Files {
  const all: Record<string, string> = {};
  for (let index = 0; index < dormantFrom; index++) {
    Object.assign(all, proxy(`idle-${index}`, proxyEndpoint(`/idle/${index}`, noTarget)));
  }
  return all;
}

const answers = (name: string, text: string): string =>
  `<AssignMessage name="${name}"><AssignTo type="response" createNew="false"/><Set><Payload>${text}</Payload></Set></AssignMessage>`;
const step = (name: string): string =>
  `<PostFlow name="PostFlow"><Response><Step><Name>${name}</Name></Step></Response></PostFlow>`;

async function startWith(files: Files): Promise<Gateway> {
  return startGateway(await bundleTree({ ...many(), ...files }));
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600 && !(await what()); tries++) await sleep(25);
}

test('the first call, those at the same time and later ones run the same program', async () => {
  const gateway = await startWith(proxy('shop', proxyEndpoint('/shop', step('AM') + noTarget), answers('AM', 'tea')));
  const first = await Promise.all([1, 2, 3].map(() => call(gateway.port, { path: '/shop' })));
  const later = await call(gateway.port, { path: '/shop' });
  assert.deepEqual(
    [...first, later].map(({ text }) => text),
    ['tea', 'tea', 'tea', 'tea'],
  );
  const { text } = await call(gateway.managementPort, { path: '/metrics' });
  assert.match(text, /proxy="shop"[^}]*\} 4\b/);
});

test('a chain of dormant proxies is dispatched in memory', async () => {
  const gateway = await startWith({
    ...proxy('front', proxyEndpoint('/front', route()), targetEndpoint(localTarget('back'))),
    ...proxy('back', proxyEndpoint('/back', step('AM') + noTarget), answers('AM', '{proxy.chain}')),
  });
  assert.equal((await call(gateway.port, { path: '/front' })).text, 'front');
});

test('mistakes of what was read briefly are told after the start, and the proxy serves no longer', async () => {
  const broken = '<AssignMessage name="AM"><Sett/><Set><Payload>tea</Payloade></Set></AssignMessage>';
  const gateway = await startWith(proxy('broken', proxyEndpoint('/broken', step('AM') + noTarget), broken));
  assert.equal((await call(gateway.port, { path: '/broken' })).status, 404);
  await until(() => gateway.logs().includes('"broken" is left out'));
  assert.match(gateway.logs(), /broken\/apiproxy\/policies\/AM\.xml:1:\d+: error BN011/);
  assert.match(gateway.logs(), /"broken" is left out because of the errors above/);
  assert.equal((await call(gateway.port, { path: '/broken' })).status, 404);
  assert.equal((await call(gateway.port, { path: '/idle/7' })).status, 200);
});

test('a base path that two proxies have is told before anything is served', async () => {
  const gateway = await startWith({
    ...proxy('one', proxyEndpoint('/same', noTarget)),
    ...proxy('two', `<!-- kept whole -->${proxyEndpoint('/same', noTarget)}`.replace('<!-- kept whole -->', '')),
  });
  assert.match(gateway.logs(), /two\/apiproxy\/proxies\/default\.xml:1:\d+: error ZH070/);
});

test('limits, property sets and commented base paths are those of the whole file', async () => {
  const limited = proxyEndpoint('/limited', noTarget).replace(
    '</HTTPProxyConnection>',
    '<Properties><Property name="request.payload.parse.limit">1k</Property></Properties></HTTPProxyConnection>',
  );
  const commented = proxyEndpoint('/right', noTarget).replace(
    '<HTTPProxyConnection>',
    '<!-- <HTTPProxyConnection><BasePath>/wrong</BasePath></HTTPProxyConnection> --><HTTPProxyConnection>',
  );
  const gateway = await startWith({
    ...proxy('limited', limited),
    ...proxy('commented', commented),
    ...proxy('set', proxyEndpoint('/set', step('AM') + noTarget), answers('AM', '{propertyset.words.greeting}')),
    'set/apiproxy/resources/properties/words.properties': 'greeting=hello\n',
  });
  const tooBig = await call(gateway.port, { method: 'POST', path: '/limited', body: 'x'.repeat(2000) });
  assert.equal(tooBig.status, 413);
  assert.equal((await call(gateway.port, { path: '/wrong' })).status, 404);
  assert.equal((await call(gateway.port, { path: '/right' })).status, 200);
  assert.equal((await call(gateway.port, { path: '/set' })).text, 'hello');
});
