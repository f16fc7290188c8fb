import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { callsOf, type TargetPoint } from '../../runtime/debug/trace.ts';
import {
  assign,
  httpTarget,
  localTarget,
  noTarget,
  postFlow,
  preFlow,
  proxy,
  proxyEndpoint,
  route,
  setHeaders,
  setPayload,
  setVariable,
  sharedFlow,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { allPoints, openSession, stepOf, waitForCalls } from '../support/debug.ts';
import { call } from '../support/gateway.ts';
import { type Management, startManagement } from '../support/management.ts';
import { startUpstream } from '../support/upstream.ts';

const callout = (name: string, inner: string) =>
  `<ServiceCallout name="${name}"><Request variable="asked"><Set><Verb>GET</Verb></Set></Request><Response>answered</Response>${inner}</ServiceCallout>`;

async function recordedCall(server: Management, path: string, request = {}) {
  const proxyName = path.split(/[/?]/)[1];
  const { id } = await openSession(server, { proxy: proxyName });
  const answer = await call(server.gateway.port, { path, ...request });
  const [whole] = await waitForCalls(server, id, 1);
  await server.ask(`DELETE /v1/zerohop/debugsessions/${id}`);
  assert.ok(whole);
  return { answer, whole };
}

test('a recording', async (t) => {
  const upstream = await startUpstream('backend', (request, response) => {
    if (request.url === '/zipped') {
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' });
      response.end(gzipSync('plain text'));
    } else if (request.url === '/picture') {
      response.writeHead(200, { 'Content-Type': 'image/png' });
      response.end(Buffer.from([0x89, 0x50, 0, 0xff]));
    } else {
      response.writeHead(200, { 'Content-Type': 'text/plain' });
      response.write('x'.repeat(100_000));
      setImmediate(() => response.end('é'.repeat(100_000)));
    }
  });
  const server = await startManagement({
    ...proxy('http', proxyEndpoint('/http', route()), targetEndpoint(httpTarget(upstream.url))),
    ...proxy('gone', proxyEndpoint('/gone', route()), targetEndpoint(httpTarget('http://127.0.0.1:1/'))),
    ...proxy(
      'calls',
      proxyEndpoint('/calls', preFlow(step('by-name') + step('by-path')) + noTarget),
      callout(
        'by-name',
        '<LocalTargetConnection><APIProxy>leaf</APIProxy><ProxyEndpoint>default</ProxyEndpoint></LocalTargetConnection>',
      ),
      callout('by-path', '<LocalTargetConnection><Path>/leaf/path</Path></LocalTargetConnection>'),
    ),
    ...proxy(
      'services',
      proxyEndpoint('/services', preFlow(step('both')) + noTarget),
      `<ProxyChain name="both"><Services><Service name="a"><Path>/json/a</Path></Service><Service name="b"><LocalTarget><APIProxy>json</APIProxy><ProxyEndpoint>default</ProxyEndpoint></LocalTarget></Service></Services></ProxyChain>`,
    ),
    ...proxy(
      'json',
      proxyEndpoint('/json', preFlow(step('answer')) + noTarget),
      assign('answer', setPayload('{"a":1}', 'application/json')),
    ),
    ...proxy('leaf', proxyEndpoint('/leaf', preFlow(step('answer')) + noTarget), assign('answer', setPayload('leaf'))),
    ...proxy(
      'steps',
      proxyEndpoint(
        '/steps',
        preFlow(step('off') + step('survives') + step('shared') + step('script'), step('status')) +
          '<PostClientFlow name="PostClientFlow"><Response><Step><Name>late</Name></Step></Response></PostClientFlow>' +
          noTarget,
      ),
      '<AssignMessage name="off" enabled="false"/>',
      '<ExtractVariables name="survives" continueOnError="true"><Source>request</Source><IgnoreUnresolvedVariables>false</IgnoreUnresolvedVariables><JSONPayload><Variable name="a"><JSONPath>$.a</JSONPath></Variable></JSONPayload></ExtractVariables>',
      '<FlowCallout name="shared"><SharedFlowBundle>flow</SharedFlowBundle><Parameters><Parameter name="p">1</Parameter></Parameters></FlowCallout>',
      '<Javascript name="script"><Source>context.setVariable("made", context.getVariable("request.verb")); context.removeVariable("made");</Source></Javascript>',
      assign('late', setVariable('late', 'x')),
      '<AssignMessage name="status"><Set><StatusCode>202</StatusCode></Set></AssignMessage>',
    ),
    ...sharedFlow('flow', step('inner'), assign('inner', setHeaders({ 'X-Inner': '{p}' }))),
    ...proxy('loop', proxyEndpoint('/loop', route()), targetEndpoint(localTarget('back'))),
    ...proxy('back', proxyEndpoint('/back', preFlow('') + postFlow('') + route()), targetEndpoint(localTarget('loop'))),
  });

  await t.test('shows a payload that passes by up to its limit, and leaves it whole', async () => {
    const { answer, whole } = await recordedCall(server, '/http/long');
    assert.equal(answer.body.length, 300_000);
    const body = whole.messages[whole.response ?? -1]?.body;
    assert.deepEqual([body?.bytes, body?.truncated, body?.text], [300_000, true, 'x'.repeat(65_536)]);
    const target = allPoints(whole).find((point): point is TargetPoint => point.kind === 'target');
    assert.equal(target?.connection, 'http');
    assert.equal(target?.url, upstream.url);
    assert.equal(target?.status, 200);
  });

  await t.test('shows an upload that passes by', async () => {
    const { whole } = await recordedCall(server, '/http/up', { method: 'POST', body: 'uploaded' });
    const body = whole.messages[whole.request]?.body;
    assert.deepEqual([body?.bytes, body?.text], [8, 'uploaded']);
  });

  await t.test('shows a compressed payload as text, and no picture', async () => {
    const zipped = await recordedCall(server, '/http/zipped');
    assert.equal(zipped.whole.messages[zipped.whole.response ?? -1]?.body.text, 'plain text');
    const picture = await recordedCall(server, '/http/picture');
    const body = picture.whole.messages[picture.whole.response ?? -1]?.body;
    assert.deepEqual([body?.text, body?.note, body?.bytes], [null, 'binary', 4]);
    assert.deepEqual([...picture.answer.body], [0x89, 0x50, 0, 0xff]);
  });

  await t.test('shows a target that cannot be reached', async () => {
    const { answer, whole } = await recordedCall(server, '/gone');
    assert.equal(answer.status, 503);
    const target = allPoints(whole).find((point): point is TargetPoint => point.kind === 'target');
    assert.match(target?.fault?.code ?? '', /^messaging\.adaptors\.http/);
    assert.equal(whole.fault?.code, target?.fault?.code);
    assert.equal(whole.fault?.handledBy, null);
  });

  await t.test('has what a ServiceCallout calls in memory inside of its step', async () => {
    const { whole } = await recordedCall(server, '/calls');
    for (const [name, uri] of [
      ['by-name', '/leaf'],
      ['by-path', '/leaf/path'],
    ] as const) {
      const [inside] = stepOf(whole, name).points;
      assert.ok(inside?.kind === 'call', name);
      assert.deepEqual([inside.call.proxy, inside.call.uri, inside.call.parent], ['leaf', uri, whole.id]);
      const set = stepOf(whole, name).variables.find((one) => one.action === 'set' && one.name === 'answered');
      assert.equal(set?.value, 'leaf');
    }
    assert.equal(callsOf(whole).length, 3);
  });

  await t.test('has the services of a ProxyChain inside of its step, in their order', async () => {
    const { whole } = await recordedCall(server, '/services', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"x":1}',
    });
    assert.deepEqual(
      stepOf(whole, 'both').points.map((point) => point.kind === 'call' && [point.call.proxy, point.call.uri]),
      [
        ['json', '/json/a'],
        ['json', '/json'],
      ],
    );
    assert.equal(callsOf(whole).length, 3);
  });

  await t.test('shows steps that are off, fail without harm, are shared, are scripts, or come late', async () => {
    const { answer, whole } = await recordedCall(server, '/steps', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{',
    });
    assert.equal(answer.status, 202);
    assert.equal(stepOf(whole, 'off').outcome, 'disabled');
    const survivor = stepOf(whole, 'survives');
    assert.equal(survivor.outcome, 'failed');
    assert.match(survivor.fault?.code ?? '', /^steps\.extractvariables\./);
    assert.equal(survivor.fault?.policy, 'survives');
    assert.equal(whole.fault, null);
    const shared = stepOf(whole, 'shared');
    assert.deepEqual(
      shared.points.map((point) => point.kind === 'sharedFlow' && point.name),
      ['flow'],
    );
    const inner = stepOf(whole, 'inner');
    assert.ok(
      inner.variables.some(
        ({ action, name, value }) => action === 'set' && name === 'request.header.X-Inner' && value === '1',
      ),
    );
    const script = stepOf(whole, 'script').variables.map(({ action, name, value }) => `${action} ${name} ${value}`);
    assert.deepEqual(script, ['get request.verb POST', 'set made POST', 'remove made null']);
    assert.deepEqual(stepOf(whole, 'status').variables, [
      { action: 'set', name: 'response.status.code', value: '202' },
    ]);
    assert.deepEqual(stepOf(whole, 'late').variables.at(-1), { action: 'set', name: 'late', value: 'x' });
  });

  await t.test('shows a loop, which is found as without it', async () => {
    const plain = await call(server.gateway.port, { path: '/loop' });
    const { answer, whole } = await recordedCall(server, '/loop');
    assert.deepEqual([answer.status, answer.text], [plain.status, plain.text]);
    assert.equal(answer.status, 508);
    assert.deepEqual(
      callsOf(whole).map(({ proxy: name }) => name),
      ['loop', 'back'],
    );
    const { answer: inner } = await recordedCall(server, '/back');
    assert.equal(inner.status, 508);
  });

  await t.test('of one proxy of a loop changes nothing for who calls it from outside of the recording', async () => {
    const plain = await call(server.gateway.port, { path: '/loop' });
    const { id } = await openSession(server, { proxy: 'back' });
    const within = await call(server.gateway.port, { path: '/loop' });
    await server.ask(`DELETE /v1/zerohop/debugsessions/${id}`);
    assert.deepEqual([within.status, within.text], [plain.status, plain.text]);
  });

  await t.test('counts as many calls as there were', async () => {
    const calls = async () => {
      const text = (await call(server.gateway.managementPort, { path: '/metrics' })).text;
      const found = [...text.matchAll(/^zerohop_proxy_requests_total\{.*proxy="leaf".* (\d+)$/gm)];
      return found.reduce((sum, [, value]) => sum + Number(value), 0);
    };
    const before = await calls();
    await recordedCall(server, '/calls');
    assert.equal(await calls(), before + 2);
  });
});
