import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  assign,
  httpTarget,
  localTarget,
  postFlow,
  preFlow,
  proxy,
  proxyEndpoint,
  route,
  setHeaders,
  setPayload,
  setVariable,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { openSession, waitForCalls } from '../support/debug.ts';
import { call, runCommand } from '../support/gateway.ts';
import { startManagement } from '../support/management.ts';
import { startUpstream } from '../support/upstream.ts';

/** One for each way in; none may come out anywhere. */
const planted = {
  bearer: 'bearer-token-4711',
  cookie: 'session-cookie-4711',
  password: 'basic-password-4711',
  apiKey: 'api-key-4711',
  query: 'query-secret-4711',
  form: 'form-secret-4711',
  kvm: 'kvm-secret-4711',
  json: 'json-card-4711',
  variable: 'order-total-4711',
  target: 'target-cookie-4711',
};

const encryptedMap = `<KeyValueMapOperations name="secret" mapIdentifier="vault">
  <Scope>environment</Scope><Get assignTo="private.secret"><Key><Parameter>secret</Parameter></Key></Get>
</KeyValueMapOperations>`;

test('secrets in headers, variables, payloads and key value maps appear in no session, export, log or file', async () => {
  const upstream = await startUpstream('backend', (_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Set-Cookie': `a=${planted.target}` });
    response.end(JSON.stringify({ access_token: planted.bearer, copied: planted.kvm }));
  });
  const spread = ['authorization', 'x-api-key', 'cookie'].map((name) => `{request.header.${name}}`).join(' ');
  const server = await startManagement(
    {
      ...proxy(
        'front',
        proxyEndpoint('/front', preFlow(step('secret'), '') + postFlow(step('spread'), step('answer')) + route()),
        targetEndpoint(localTarget('back')),
        encryptedMap,
        assign(
          'spread',
          setHeaders({ 'X-Backend': '{private.secret}', 'X-Copy': spread }) +
            setVariable('copy.of.all', `${spread} {private.secret} {request.queryparam.apikey}`) +
            setVariable('order.total', planted.variable),
        ),
        assign('answer', setPayload(`{"all": "${spread} {private.secret} {order.total}"}`, 'application/json')),
      ),
      ...proxy('back', proxyEndpoint('/back', route()), targetEndpoint(httpTarget(upstream.url))),
      'environments/test/debugmask.json': JSON.stringify({
        requestJSONPaths: ['$.card.number'],
        variables: ['order.total'],
      }),
      'environments/test/maps.json': JSON.stringify([
        { name: 'vault', scope: 'environment', encrypted: true, entries: { secret: planted.kvm } },
      ]),
    },
    ['--log-level', 'debug'],
  );
  const { id } = await openSession(server, { proxy: 'front' });
  const emulator = (await server.ask('POST /v1/emulator/trace?proxyName=front')).json as { name: string };
  const revision = '/v1/organizations/zerohop/environments/test/apis/front/revisions/1/debugsessions';
  const x = (await server.ask(`POST ${revision}`, {})).json as { name: string };
  const basic = Buffer.from(`ada:${planted.password}`).toString('base64');
  const send = (authorization: string, body: string, type: string) =>
    call(server.gateway.port, {
      method: 'POST',
      path: `/front?apikey=${planted.query}&b=1`,
      headers: {
        Authorization: authorization,
        'X-Api-Key': planted.apiKey,
        Cookie: `theme=dark; session=${planted.cookie}`,
        'Content-Type': type,
      },
      body,
    });
  const card = JSON.stringify({ card: { number: planted.json }, again: planted.apiKey });
  const answer = await send(`Bearer ${planted.bearer}`, card, 'application/json');
  assert.equal(answer.status, 200);
  assert.match(answer.text, /kvm-secret-4711 order-total-4711/, 'the proxy itself sees them');
  await send(`Basic ${basic}`, `password=${planted.form}&a=${planted.form}`, 'application/x-www-form-urlencoded');
  const calls = await waitForCalls(server, id, 2);
  const own = `/v1/zerohop/debugsessions/${id}`;
  const outputs: Record<string, string> = { calls: JSON.stringify(calls), log: server.gateway.logs() };
  const transactions = (await server.ask(`GET ${revision}/${x.name}/data`)).json as string[];
  assert.equal(transactions.length, 4);
  for (const path of [
    own,
    `${own}/calls`,
    ...calls.map((one) => `${own}/calls/${one.id}?format=edge-xml`),
    `/v1/emulator/trace/transactions?sessionid=${emulator.name}`,
    ...transactions.map((one) => `${revision}/${x.name}/data/${one}`),
  ]) {
    outputs[path] = (await server.ask(`GET ${path}`)).bytes.toString();
  }
  await server.ask(`POST ${own}/end`);
  outputs.events = (await call(server.gateway.managementPort, { path: `${own}/events` })).text;
  const folder = await mkdtemp(join(tmpdir(), 'zerohop-test-'));
  const to = ['--server', `http://127.0.0.1:${server.gateway.managementPort}`];
  const file = join(folder, 'calls.json');
  const saved = await runCommand('trace', '--recent', '--save', file, ...to);
  assert.equal(saved.code, 0, saved.stderr);
  outputs.file = await readFile(file, 'utf8');
  await rm(folder, { recursive: true });
  const shown = await runCommand('trace', '--recent', '--variables', ...to);
  outputs.terminal = shown.stdout;
  assert.match(shown.stdout, /set private\.secret = "\*\*\*"/);
  for (const [where, text] of Object.entries(outputs)) {
    assert.ok(text.length > 0, where);
    for (const [what, secret] of Object.entries({ ...planted, basic })) {
      assert.equal(text.includes(secret), false, `${what} is in ${where}`);
    }
  }
  assert.match(outputs.calls ?? '', /order\.total/, 'what is hidden is named');
});
