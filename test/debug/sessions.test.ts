import assert from 'node:assert/strict';
import { readEvents } from '../../runtime/cli/server-events.ts';
import type { SessionInfo } from '../../runtime/debug/session.ts';
import { callsOf } from '../../runtime/debug/trace.ts';
import { allPoints, callsIn, chain, openSession, stepOf, waitForCalls } from '../support/debug.ts';
import { call } from '../support/gateway.ts';
import { managementSuite } from '../support/management.ts';

const own = '/v1/zerohop/debugsessions';

managementSuite('debug sessions', { files: chain }, (it, server) => {
  const get = (path: string, headers = {}) => call(server.gateway.port, { path, headers });

  it('show a chain of three as one tree, by name and by path', async () => {
    const { id } = await openSession(server, { proxy: 'first' });
    assert.equal((await get('/first/a?b=1')).text, 'answer of third');
    const [whole] = await waitForCalls(server, id, 1);
    assert.ok(whole);
    const links = callsOf(whole).map(({ proxy, depth, caller, status, uri }) => [proxy, depth, caller, status, uri]);
    assert.deepEqual(links, [
      ['first', 0, 'external', 200, '/first/a?b=1'],
      ['second', 1, 'local', 200, '/second/a?b=1'],
      ['third', 2, 'local', 200, '/third/a?b=1'],
    ]);
    const [, second, third] = callsOf(whole);
    assert.deepEqual([second?.parent, third?.parent, third?.chain], [whole.id, second?.id, whole.id]);
    const mark = stepOf(whole, 'mark');
    assert.deepEqual(
      mark.variables.map(({ action, name, value }) => `${action} ${name} ${value}`),
      ['get request.verb GET', 'set mark of GET', 'get mark of GET', 'set request.header.X-Mark of GET'],
    );
    assert.deepEqual(whole.messages[mark.after]?.headers.at(-1), { name: 'X-Mark', value: 'of GET' });
    assert.equal(
      whole.messages[mark.before]?.headers.some(({ name }) => name === 'X-Mark'),
      false,
    );
    const never = stepOf(whole, 'never');
    assert.deepEqual(never.condition, { text: 'request.header.never = "x"', result: false });
    assert.equal(never.outcome, 'skipped');
    const verdicts = allPoints(whole).flatMap((point) =>
      point.kind === 'condition' ? [[point.name, point.result]] : [],
    );
    assert.deepEqual(verdicts, [['fails', false]]);
    assert.equal(whole.messages[whole.response ?? -1]?.body.text, 'answer of third');
    assert.equal(
      whole.messages[whole.response ?? -1]?.headers.some(({ name }) => name === 'X-First'),
      true,
    );
    await server.ask(`DELETE ${own}/${id}`);
  });

  it('show a fault in the third proxy with its file, line and rule', async () => {
    const { id } = await openSession(server, { proxy: 'first' });
    assert.equal((await get('/first/fail')).status, 418);
    const [whole] = await waitForCalls(server, id, 1);
    const third = whole && callsOf(whole)[2];
    assert.ok(third);
    const { fault } = third;
    assert.equal(fault?.code, 'steps.raisefault.RaiseFault');
    assert.match(fault?.file ?? '', /third\/apiproxy\/policies\/raise\.xml$/);
    assert.deepEqual([fault?.line, fault?.policy, fault?.handledBy], [1, 'raise', 'raised']);
    assert.equal(stepOf(third, 'raise').outcome, 'failed');
    const order = allPoints(third).map((point) => (point.kind === 'step' ? point.policy : point.kind));
    assert.deepEqual(order.slice(order.indexOf('raise')), ['raise', 'fault', 'condition', 'faultRule', 'told']);
    assert.equal(third.messages[third.response ?? -1]?.kind, 'error');
    await server.ask(`DELETE ${own}/${id}`);
  });

  it('of an inner proxy show what is below it, also when another one calls it', async () => {
    const { id } = await openSession(server, { proxy: 'second' });
    await get('/first/a');
    await get('/second/b');
    const calls = await waitForCalls(server, id, 2);
    assert.deepEqual(
      calls.map((one) => callsOf(one).map(({ proxy }) => proxy)),
      [
        ['second', 'third'],
        ['second', 'third'],
      ],
    );
    assert.deepEqual(
      calls.map(({ caller }) => caller),
      ['local', 'external'],
    );
    await server.ask(`DELETE ${own}/${id}`);
  });

  it('two at a time: each has what it asked for', async () => {
    const outer = await openSession(server, { proxy: 'first' });
    const inner = await openSession(server, { proxy: 'third' });
    await get('/first/a');
    const [whole] = await waitForCalls(server, outer.id, 1);
    const [part] = await waitForCalls(server, inner.id, 1);
    assert.equal(whole && callsOf(whole)[2]?.id, part?.id);
    for (const { id } of [outer, inner]) await server.ask(`DELETE ${own}/${id}`);
  });

  it('record what a filter lets through', async () => {
    const { id } = await openSession(server, { proxy: 'first', filter: 'request.header.x-debug = "1"' });
    await get('/first/a');
    await get('/first/b', { 'X-Debug': '1' });
    const [only, ...more] = await waitForCalls(server, id, 1);
    assert.deepEqual([only?.uri, more.length], ['/first/b', 0]);
    await server.ask(`DELETE ${own}/${id}`);
  });

  it('end with their last call, and keep their calls', async () => {
    const { id } = await openSession(server, { proxy: 'first', count: 2 });
    for (const path of ['/first/1', '/first/2', '/first/3']) await get(path);
    const calls = await waitForCalls(server, id, 2);
    assert.deepEqual(
      calls.map(({ uri }) => uri),
      ['/first/1', '/first/2'],
    );
    const info = (await server.ask(`GET ${own}/${id}`)).json as SessionInfo;
    assert.deepEqual([info.isOpen, info.ended, info.calls], [false, 'count', 2]);
    await server.ask(`DELETE ${own}/${id}`);
  });

  it('that roll let the oldest go', async () => {
    const { id } = await openSession(server, { proxy: 'first', count: 2, rolling: true });
    for (const path of ['/first/1', '/first/2', '/first/3']) await get(path);
    const info = async () => (await server.ask(`GET ${own}/${id}`)).json as SessionInfo;
    while ((await info()).forgotten === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual(
      (await callsIn(server, id)).map(({ uri }) => uri),
      ['/first/2', '/first/3'],
    );
    assert.equal((await info()).isOpen, true);
    await server.ask(`DELETE ${own}/${id}`);
  });

  it('end when their time is up', async () => {
    const { id } = await openSession(server, { proxy: 'first', timeout: 1 });
    const info = async () => (await server.ask(`GET ${own}/${id}`)).json as SessionInfo;
    while ((await info()).isOpen) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal((await info()).ended, 'timeout');
  });

  it('keep no more of a payload than asked for', async () => {
    const { id } = await openSession(server, { proxy: 'first', bodyLimit: 6 });
    await get('/first/a');
    const [whole] = await waitForCalls(server, id, 1);
    const body = whole?.messages[whole.response ?? -1]?.body;
    assert.deepEqual(body, { text: 'answer', bytes: 15, truncated: true, note: null });
    await server.ask(`DELETE ${own}/${id}`);
  });

  for (const [what, options, status] of [
    ['a proxy that does not serve', { proxy: 'absent' }, 404],
    ['a revision that does not serve', { proxy: 'first', revision: '7' }, 404],
    ['a filter that cannot be read', { proxy: 'first', filter: 'request.verb = ' }, 400],
    ['a filter that reads a payload', { proxy: 'first', filter: 'request.content = "a"' }, 400],
    ['a number that is none', { proxy: 'first', count: 'many' }, 400],
    ['a member that is none', { proxy: 'first', size: 1 }, 400],
  ] as const) {
    it(`are refused for ${what}`, async () => {
      assert.equal((await server.ask(`POST ${own}`, options)).status, status);
    });
  }

  it('are refused when twenty are open', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 20; count++) ids.push((await openSession(server, { proxy: 'first' })).id);
    assert.equal((await server.ask(`POST ${own}`, { proxy: 'first' })).status, 400);
    for (const id of ids) assert.equal((await server.ask(`DELETE ${own}/${id}`)).status, 204);
  });

  it('send their calls as they come, and go on where a connection broke', async () => {
    const { id } = await openSession(server, { proxy: 'first', count: 3 });
    await get('/first/1');
    await waitForCalls(server, id, 1);
    const stream = call(server.gateway.managementPort, { path: `${own}/${id}/events` });
    const later = call(server.gateway.managementPort, {
      path: `${own}/${id}/events`,
      headers: { 'Last-Event-ID': '1' },
    });
    const all = call(server.gateway.managementPort, { path: `${own}/${id}/events?after=3` });
    await get('/first/2');
    await get('/first/3');
    const { headers, text } = await stream;
    assert.equal(headers['content-type'], 'text/event-stream');
    const seen = (events: string) =>
      [...events.matchAll(/^event: (\w+)(?:\nid: (\d+))?$/gm)].map(([, ...found]) => found.join(' ').trim());
    assert.deepEqual(seen(text), ['session', 'call 1', 'call 2', 'call 3', 'ended']);
    assert.deepEqual(seen((await later).text), ['session', 'call 2', 'call 3', 'ended']);
    assert.equal(seen((await all).text).at(-1), 'ended');
  });

  it('tell whoever listens to all of them', async () => {
    const stop = new AbortController();
    const base = `http://127.0.0.1:${server.gateway.managementPort}`;
    const { body } = await fetch(`${base}${own}/events`, { signal: stop.signal });
    assert.ok(body);
    const { id } = await openSession(server, { proxy: 'second', count: 1 });
    await get('/first/a');
    const seen: unknown[] = [];
    for await (const { type, data } of readEvents(body)) {
      const { session, chain: links } = data as { session?: string; chain?: { proxy: string }[] };
      seen.push(type === 'call' ? [session, links?.map(({ proxy }) => proxy)] : [type, (data as SessionInfo).id]);
      if (type === 'ended') break;
    }
    assert.deepEqual(seen, [
      ['opened', id],
      [id, ['second', 'third']],
      ['ended', id],
    ]);
    stop.abort();
    await server.ask(`DELETE ${own}/${id}`);
  });

  it('hide what the debug mask of the environment names, from the next call on', async () => {
    const mask = '/v1/organizations/zerohop/environments/local/debugmask';
    const { id } = await openSession(server, { proxy: 'first' });
    await get('/first/1');
    await waitForCalls(server, id, 1);
    assert.equal((await server.ask(`PATCH ${mask}`, { variables: ['mark', 'request.header.x-mark'] })).status, 200);
    await get('/first/2');
    const [before, after] = await waitForCalls(server, id, 2);
    const values = (one: typeof before) =>
      one && stepOf(one, 'mark').variables.flatMap(({ action, value }) => (action === 'set' ? value : []));
    assert.deepEqual(
      [values(before), values(after)],
      [
        ['of GET', 'of GET'],
        ['***', '***'],
      ],
    );
    await server.ask(`PATCH ${mask}`, {});
    await server.ask(`DELETE ${own}/${id}`);
  });

  it('leave answers as they are', async () => {
    const without = [await get('/first/a'), await get('/first/fail')];
    const { id } = await openSession(server, {});
    const within = [await get('/first/a'), await get('/first/fail')];
    for (const [index, { status, text, headers }] of within.entries()) {
      const { date: _, ...fields } = headers;
      const { date: __, ...expected } = without[index]?.headers ?? {};
      assert.deepEqual([status, text, fields], [without[index]?.status, without[index]?.text, expected]);
    }
    await server.ask(`DELETE ${own}/${id}`);
  });
});
