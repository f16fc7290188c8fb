import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PublishMessage } from '../../runtime/policies/PublishMessage.ts';
import {
  assign,
  bundleTree,
  type Files,
  noTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  setPayload,
  step,
} from '../support/bundle-tree.ts';
import { exchangeOf } from '../support/exchange.ts';
import { call, startGateway } from '../support/gateway.ts';
import { googleStandIn } from '../support/google.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';
import { startUpstream } from '../support/upstream.ts';

const topic = 'projects/p1/topics/orders';

function publishing(source: string, more = '', name = topic): string {
  const where = `<CloudPubSub><Topic>${name}</Topic></CloudPubSub>`;
  return `<PublishMessage name="PM-1">${source}${where}${more}</PublishMessage>`;
}

/** Publishes, then answers with the identifier. */
function told(name: string, xml: string): Files {
  const id = assign('AM-Tell', setPayload('{publishmessage.message.id}'));
  return proxy(name, proxyEndpoint(`/${name}`, preFlow(step('PM-1') + step('AM-Tell')) + noTarget), xml, id);
}

test('an emulator gets the message, and its identifier comes back', async (t) => {
  const pubsub = await startUpstream('pubsub', (request, response) => {
    const known = request.url === `/v1/${topic}:publish`;
    response.writeHead(known ? 200 : 404, { 'Content-Type': 'application/json' });
    response.end(known ? '{"messageIds":["17"]}' : '{"error":{"code":404}}');
  });
  const attributes = '<Attributes><Attribute name="kind">{request.verb}</Attribute></Attributes>';
  const files = {
    ...told('text', publishing('<Source>{"id": {request.queryparam.id}}</Source>', attributes)),
    ...told('whole', publishing('<UseMessageAsSource>request</UseMessageAsSource>')),
    ...told('current', publishing('<UseMessageAsSource>true</UseMessageAsSource>')),
    ...told('elsewhere', publishing('<Source>x</Source>', '', 'projects/p1/topics/{request.queryparam.t}')),
  };
  const emulator = ['--pubsub-emulator', `127.0.0.1:${pubsub.port}`];
  const gateway = await startGateway(await bundleTree(files), [...emulator, '--google-tokens', 'stand-in']);
  const body = Buffer.from([0xff, 0x00, 0x7b]);
  const ask = (path: string) => call(gateway.port, { method: 'POST', path, body });
  const message = () => {
    const { messages } = JSON.parse(pubsub.seen.at(-1)?.body ?? '') as {
      messages: [{ data: string; attributes?: object }];
    };
    assert.equal(messages.length, 1);
    return { ...messages[0], data: Buffer.from(messages[0].data, 'base64') };
  };

  await t.test('a template, with attributes', async () => {
    assert.equal((await ask('/text?id=7')).text, '17');
    assert.equal(message().data.toString(), '{"id": 7}');
    assert.deepEqual(message().attributes, { kind: 'POST' });
    assert.equal(pubsub.seen.at(-1)?.headers.authorization, undefined);
  });
  await t.test('a payload, byte for byte', async () => {
    for (const path of ['/whole', '/current']) {
      assert.equal((await ask(path)).text, '17');
      assert.deepEqual(message().data, body);
    }
  });
  await t.test('a topic that is not there, or is none', async () => {
    assert.match(
      (await ask('/elsewhere?t=nowhere')).text,
      /PublishMessage\[PM-1\]: Pub\/Sub answered with status 404.*ExecutionFailed/,
    );
    assert.match((await ask('/elsewhere?t=a/b')).text, /\\"projects\/p1\/topics\/a\/b\\" is no topic.*InvalidTopic/);
    assert.match((await ask('/elsewhere')).text, /unable to resolve variable request.queryparam.t.*UnresolvedVariable/);
  });
});

test('Google itself gets a token', async (t) => {
  const google = await googleStandIn();
  t.after(() => google.close());
  google.answers.set('publish', { status: 200, body: { messageIds: ['1'] } });
  const { step: publish } = compilePolicy(PublishMessage, publishing('<Source>x</Source>'), {
    compiler: { pubsub: google.compiler.googleServices },
  });
  const exchange = exchangeOf();
  await publish(exchange);
  const [asked] = google.asked;
  assert.deepEqual([asked?.url, asked?.authorization], [`/v1/${topic}:publish`, 'Bearer T']);
  assert.equal(exchange.read('publishmessage.message.id'), '1');
  google.answers.set('publish', { status: 200, body: 'nonsense' });
  const fault = await faultOf(publish, exchange);
  assert.match(fault.faultstring, /holds no message ID$/);
  assert.equal(exchange.read('publishmessage.message.id'), undefined);
});

test('no answer, and unresolved variables that do not matter', async (t) => {
  const google = await googleStandIn();
  t.after(() => google.close());
  const { step: publish } = compilePolicy(PublishMessage, publishing('<Source>x</Source>'), {
    compiler: { pubsub: google.unreachable.googleServices },
  });
  const fault = await faultOf(publish, exchangeOf());
  assert.deepEqual([fault.code, fault.status], ['steps.publishmessage.ExecutionFailed', 500]);
  google.answers.set('publish', { status: 200, body: { messageIds: ['1'] } });
  const ignoring = publishing(
    '<Source>[{nothing}]</Source>',
    '<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>',
  );
  const made = compilePolicy(PublishMessage, ignoring, { compiler: { pubsub: google.compiler.googleServices } });
  await made.step(exchangeOf());
  assert.deepEqual(google.asked.at(-1)?.body, { messages: [{ data: Buffer.from('[]').toString('base64') }] });
});

test('mistakes', () => {
  const table: [string, string][] = [
    [publishing(''), 'ZH636'],
    [publishing('<Source>x</Source><UseMessageAsSource>request</UseMessageAsSource>'), 'ZH636'],
    [publishing('<Source>x</Source>', '', 'orders'), 'ZH636'],
    ['<PublishMessage name="PM-1"><Source>x</Source></PublishMessage>', 'ZH012'],
  ];
  for (const [xml, code] of table) {
    const { diagnostics } = compilePolicy(PublishMessage, xml);
    const codes = new Set(diagnostics.map((one) => one.code).filter((one) => one !== 'ZH637'));
    assert.deepEqual([...codes], [code], xml);
  }
  const { diagnostics } = compilePolicy(PublishMessage, publishing('<Source>x</Source>'));
  assert.deepEqual(
    diagnostics.map((one) => one.code),
    ['ZH637'],
  );
});
