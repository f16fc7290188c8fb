import assert from 'node:assert/strict';
import { it as alone } from 'node:test';
import { timestampOf } from '../../runtime/debug/apigee-points.ts';
import { Diagnostics, Source } from '../../runtime/diagnostic.ts';
import type { XmlElement } from '../../runtime/xml/element.ts';
import { elementsOf, textOf } from '../../runtime/xml/element.ts';
import { parseXml } from '../../runtime/xml/parse.ts';
import { chain, openSession, waitForCalls } from '../support/debug.ts';
import { type ReadPoint, readPoints, readTransactions } from '../support/emulator-trace.ts';
import { call } from '../support/gateway.ts';
import { managementSuite } from '../support/management.ts';

const revision = '/v1/organizations/zerohop/environments/local/apis/first/revisions/1/debugsessions';

/** What the platform sends, member by member. */
const recorded = {
  DebugInfo: ['ActionResult', 'timestamp', 'properties'],
  RequestMessage: ['ActionResult', 'timestamp', 'verb', 'uRI', 'headers', 'content'],
  ResponseMessage: ['ActionResult', 'timestamp', 'statusCode', 'reasonPhrase', 'headers', 'content'],
  ErrorMessage: ['ActionResult', 'timestamp', 'statusCode', 'reasonPhrase', 'headers', 'content'],
  VariableAccess: ['ActionResult', 'timestamp', 'accessList'],
} as const;

const states = (points: readonly ReadPoint[]): string[] =>
  points.filter(({ id }) => id === 'StateChange').map(({ properties }) => properties.To ?? '');

alone('timestamps are dd-MM-yy HH:mm:ss:SSS, UTC', () => {
  assert.equal(timestampOf(Date.UTC(2026, 10, 22, 3, 40, 0, 123)), '22-11-26 03:40:00:123');
  assert.equal(timestampOf(Date.UTC(2026, 0, 2, 23, 4, 5, 6) + 0.7), '02-01-26 23:04:05:006');
});

managementSuite('debug sessions as Apigee has them', { files: chain }, (it, server) => {
  const get = (path: string) => call(server.gateway.port, { path });

  it('the emulator: a session, one transaction for each proxy of a chain, linked by their ids', async () => {
    const opened = (await server.ask('POST /v1/emulator/trace?proxyName=first')).json as Record<string, unknown>;
    const { name, sessionId, application, timeoutInSeconds, count } = opened;
    assert.deepEqual([sessionId, application, timeoutInSeconds, count], [name, 'first', 600, 50]);
    await get('/first/a?b=1');
    const path = `/v1/emulator/trace/transactions?sessionid=${name}`;
    let transactions = readTransactions((await server.ask(`GET ${path}`)).json);
    while (transactions.length === 0) transactions = readTransactions((await server.ask(`GET ${path}`)).json);
    assert.deepEqual(
      transactions.map(({ application: proxy, completed }) => [proxy, completed]),
      [
        ['first', true],
        ['second', true],
        ['third', true],
      ],
    );
    const [first, second, third] = transactions;
    assert.deepEqual(states(first?.points ?? []), [
      ...['REQ_HEADERS_PARSED', 'PROXY_REQ_FLOW', 'TARGET_REQ_FLOW', 'REQ_SENT', 'RESP_START', 'TARGET_RESP_FLOW'],
      ...['PROXY_RESP_FLOW', 'RESP_SENT', 'END', 'PROXY_POST_RESP_SENT'],
    ]);
    assert.deepEqual(states(third?.points ?? []), [
      ...['REQ_HEADERS_PARSED', 'PROXY_REQ_FLOW', 'PROXY_RESP_FLOW', 'RESP_SENT', 'END', 'PROXY_POST_RESP_SENT'],
    ]);
    const link = first?.points.find(({ properties }) => properties.type === 'LocalTargetConnection');
    assert.deepEqual(
      [
        link?.id,
        link?.properties['zerohop.proxy'],
        link?.properties['zerohop.hop'],
        link?.properties['zerohop.transaction'],
      ],
      ['Execution', 'second', '1', second?.id],
    );
    const begin = third?.points.find(({ id }) => id === 'FlowInfo')?.properties;
    assert.deepEqual(
      [begin?.messageid, begin?.['zerohop.parent'], begin?.['zerohop.chain']],
      [third?.id, second?.id, first?.id],
    );
    const mark = first?.points.find(({ properties }) => properties['stepDefinition-name'] === 'mark');
    const { properties = {} } = mark ?? {};
    const shown = ['type', 'stepDefinition-type', 'stepDefinition-enabled', 'enforcement', 'result', 'action'];
    assert.deepEqual(
      shown.map((key) => properties[key]),
      ['AssignMessageExecution', 'assignmessage', 'true', 'request', 'true', 'CONTINUE'],
    );
    assert.deepEqual(mark?.variables.slice(0, 2), ['Get request.verb GET', 'Set mark of GET']);
    assert.equal(mark?.message, 'GET /first/a?b=1');
    const never = second?.points.find((point) => point.properties['stepDefinition-name'] === 'never')?.properties;
    assert.deepEqual([never?.expressionResult, never?.result], ['false', undefined]);
    const condition = third?.points.find(({ id }) => id === 'Condition')?.properties;
    assert.deepEqual([condition?.ExpressionResult, condition?.Tree], ['false', 'fails']);
    assert.equal((await server.ask(`DELETE /v1/emulator/trace?sessionid=${name}`)).status, 204);
    assert.equal((await server.ask(`GET ${path}`)).status, 404);
  });

  it('a fault: an Error point with code, place and rule', async () => {
    const { name } = (await server.ask('POST /v1/emulator/trace?proxyName=third')).json as { name: string };
    await get('/third/fail');
    const path = `/v1/emulator/trace/transactions?sessionid=${name}`;
    let [only] = readTransactions((await server.ask(`GET ${path}`)).json);
    while (only === undefined) [only] = readTransactions((await server.ask(`GET ${path}`)).json);
    const error = only.points.find(({ id }) => id === 'Error');
    assert.equal(error?.message, "418 I'm a Teapot");
    assert.equal(error?.properties['error.code'], 'steps.raisefault.RaiseFault');
    assert.match(error?.properties['zerohop.at'] ?? '', /raise\.xml:1$/);
    assert.equal(error?.properties['fault.rule'], 'raised');
    await server.ask(`DELETE /v1/emulator/trace?sessionid=${name}`);
  });

  it('X: sessions of a revision, ids of transactions, points, and results with the members of the platform', async () => {
    const opened = await server.ask(`POST ${revision}?timeout=567`, {});
    assert.equal(opened.status, 200);
    const { name, timeout, count, filter } = opened.json as Record<string, unknown>;
    assert.deepEqual([timeout, count, filter], ['567', 10, '']);
    const { sessions } = (await server.ask(`GET ${revision}`)).json as {
      sessions: { id: string; timestampMs: string }[];
    };
    assert.deepEqual(
      sessions.map(({ id }) => id),
      [name],
    );
    assert.match(sessions[0]?.timestampMs ?? '', /^\d{13}$/);
    await get('/first/fail');
    const ids = async () => (await server.ask(`GET ${revision}/${name}/data?limit=20`)).json as string[];
    while ((await ids()).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const seen = new Set<string>();
    for (const id of await ids()) {
      const { completed, point } = (await server.ask(`GET ${revision}/${name}/data/${id}`)).json as {
        completed: boolean;
        point: { results: Record<string, unknown>[] }[];
      };
      assert.equal(completed, true);
      assert.ok(readPoints(point).length > 5);
      for (const result of point.flatMap(({ results }) => results)) {
        const kind = result.ActionResult as keyof typeof recorded;
        seen.add(kind);
        assert.deepEqual(Object.keys(result).sort(), [...recorded[kind]].sort());
      }
    }
    assert.deepEqual([...seen].sort(), Object.keys(recorded).sort());
    assert.deepEqual((await server.ask(`GET ${revision}/${name}/data?limit=1`)).json, (await ids()).slice(0, 1));
    assert.equal((await server.ask(`DELETE ${revision}/${name}/data`)).status, 204);
    assert.deepEqual(await ids(), []);
    assert.equal((await server.ask(`DELETE ${revision}/${name}`)).status, 204);
  });

  it('X: limits in count and size', async () => {
    const body = { count: 1, tracesize: 3, filter: 'request.queryparam.a = "1"', validity: 300 };
    const { name } = (await server.ask(`POST ${revision}`, body)).json as { name: string };
    for (const path of ['/first/x', '/first/y?a=1', '/first/z?a=1']) await get(path);
    const ids = async () => (await server.ask(`GET ${revision}/${name}/data`)).json as string[];
    while ((await ids()).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const [first, ...more] = await ids();
    assert.equal(more.length, 2, 'three proxies of one call');
    const { point } = (await server.ask(`GET ${revision}/${name}/data/${first}`)).json as { point: unknown };
    const sent = readPoints(point).find(({ properties }) => properties.To === 'RESP_SENT');
    assert.equal(sent?.content, 'ans');
    assert.equal((await server.ask(`POST ${revision}`, { count: 5000 })).status, 400);
    assert.equal((await server.ask(`POST ${revision.replace('/1/', '/2/')}`, {})).status, 404);
  });

  it('Edge: names of sessions, and the file that its trace tool downloads', async () => {
    const edge = revision.replace('organizations', 'o').replace('environments', 'e');
    const opened = await server.ask(`POST ${edge}?session=mine&timeout=60`);
    assert.equal(opened.status, 201);
    const { name } = opened.json as { name: string };
    assert.ok(((await server.ask(`GET ${edge}`)).json as string[]).includes(name));
    const { id } = await openSession(server, { proxy: 'first' });
    await get('/first/a?b=<1>');
    const [whole] = await waitForCalls(server, id, 1);
    const path = `/v1/zerohop/debugsessions/${id}/calls/${whole?.id}?format=edge-xml`;
    const { headers, bytes } = await server.ask(`GET ${path}`);
    assert.equal(headers['content-type'], 'application/xml');
    const root = parseXml(new Source('trace.xml', bytes.toString()), new Diagnostics());
    assert.equal(root?.name, 'DebugSession');
    const of = (element: XmlElement | undefined, name: string): XmlElement[] =>
      element === undefined ? [] : elementsOf(element).filter((child) => child.name === name);
    assert.deepEqual(root && elementsOf(root).map(({ name: child }) => child), [
      'Retrieved',
      'Organization',
      'Environment',
      'API',
      'Revision',
      'SessionId',
      'Messages',
    ]);
    const messages = of(of(root, 'Messages')[0], 'Message');
    assert.equal(messages.length, 3);
    assert.equal(textOf(of(messages[0], 'DebugId')[0] as XmlElement), whole?.id);
    const points = of(of(messages[0], 'Data')[0], 'Point');
    const kinds = points.map((point) => point.attributes.find((one) => one.name === 'id')?.value);
    assert.deepEqual(kinds.slice(0, 3), ['StateChange', 'FlowInfo', 'StateChange']);
    const uri = of(of(points[0], 'RequestMessage')[0], 'URI')[0];
    assert.equal(uri && textOf(uri), '/first/a?b=<1>');
  });
});
