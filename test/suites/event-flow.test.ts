import assert from 'node:assert/strict';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { test } from 'node:test';
import {
  assign,
  bundleTree,
  faultRule,
  httpTarget,
  localTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  raiseFault,
  route,
  setHeaders,
  setVariable,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { call, startGateway } from '../support/gateway.ts';
import { startUpstream } from '../support/upstream.ts';

const events = (steps: string) =>
  `<EventFlow name="EventFlow" content-type="text/event-stream"><Response>${steps}</Response></EventFlow>`;

const script = (name: string, source: string) => `<Javascript name="${name}"><Source>${source}</Source></Javascript>`;

const translate = script(
  'translate',
  `var text = JSON.parse(context.getVariable('response.event.current.content').substring(5)).text;
   var n = context.getVariable('response.event.current.count');
   context.setVariable('response.event.current.data', n + ':' + text.toUpperCase());
   if (text === 'drop') context.setVariable('response.event.current.content', '');
   if (text === 'two') context.setVariable('response.event.current.content', 'data: 1st\\n\\ndata: 2nd\\n\\n');`,
);

const event = (text: string) => `data: ${JSON.stringify({ text })}\n\n`;

/** What the client has of a response at any moment. */
interface Streaming {
  readonly response: IncomingMessage;
  readonly text: () => string;
  readonly until: (text: string) => Promise<void>;
  readonly ended: Promise<'end' | 'broken'>;
}

function stream(port: number, path: string): Promise<Streaming> {
  return new Promise((resolve, reject) => {
    const asking = request({ port, path, agent: false, headers: { 'Accept-Encoding': 'gzip' } }, (response) => {
      let text = '';
      let told = (): void => undefined;
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        told();
      });
      const ended = new Promise<'end' | 'broken'>((done) => {
        response.on('error', () => undefined);
        response.on('close', () => done(response.complete ? 'end' : 'broken'));
      });
      const until = (part: string) =>
        new Promise<void>((done) => {
          told = () => {
            if (text.includes(part)) done();
          };
          told();
        });
      resolve({ response, text: () => text, until, ended });
    });
    asking.on('error', reject).end();
  });
}

test('server-sent events pass through an EventFlow one by one', async (t) => {
  let open: ((response: ServerResponse, from: IncomingMessage) => void) | undefined;
  const upstream = await startUpstream('sse', (from, response) => {
    if (from.url === '/json') {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"data": 1}');
      return;
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    open?.(response, from);
  });
  const target = (inner: string) => targetEndpoint(inner + httpTarget(upstream.url));
  const gateway = await startGateway(
    await bundleTree({
      ...proxy(
        'live',
        proxyEndpoint('/live', route()),
        target(preFlow('', step('mark')) + events(step('translate'))),
        translate,
        assign('mark', setHeaders({ 'X-Marked': 'yes' })),
      ),
      ...proxy(
        'chain',
        proxyEndpoint('/chain', events(step('wrap')) + route()),
        targetEndpoint(localTarget('live')),
        assign('wrap', setVariable('response.event.current.data', '[{response.event.current.data}]')),
      ),
      ...proxy(
        'strict',
        proxyEndpoint('/strict', route()),
        target(
          `<FaultRules>${faultRule('last', 'fault.name = "RaiseFault"', step('tell', 'request.queryparam.tell = "yes"'))}</FaultRules>${events(
            step('refuse', 'response.event.current.content ~~ ".*bad.*"'),
          )}`,
        ),
        raiseFault('refuse', 400, 'no'),
        assign('tell', setVariable('response.event.current.content', 'event: error\ndata: {fault.name}')),
      ),
    }),
  );
  const upstreamEnd = () => {
    let give: (response: ServerResponse) => void = () => undefined;
    const opened = new Promise<ServerResponse>((resolve) => {
      give = resolve;
    });
    open = (response) => give(response);
    return opened;
  };
  /** Plays a whole stream and gives what the client got. */
  const played = async (path: string, ...pieces: readonly (string | Buffer)[]): Promise<string> => {
    const opened = upstreamEnd();
    const streaming = stream(gateway.port, path);
    const response = await opened;
    for (const piece of pieces) {
      response.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    response.end();
    const { ended, text } = await streaming;
    const how = await ended;
    return `${text()}|${how}`;
  };

  await t.test('an event is out before the next one comes', async () => {
    const opened = upstreamEnd();
    const streaming = stream(gateway.port, '/live');
    const response = await opened;
    response.write(event('one'));
    const { until, response: answer, ended, text } = await streaming;
    assert.equal(answer.headers['x-marked'], 'yes');
    assert.equal(answer.headers['content-length'], undefined);
    await until('data: 1:ONE\n\n');
    response.write(event('more'));
    await until('data: 2:MORE\n\n');
    response.end();
    assert.equal(await ended, 'end');
    assert.equal(text(), 'data: 1:ONE\n\ndata: 2:MORE\n\n');
    assert.equal(upstream.seen.at(-1)?.headers['accept-encoding'], undefined, 'events must be readable');
  });

  await t.test('events can be changed, left out and made more', async () => {
    const got = await played('/live', `${event('a')}${event('drop')}: ping\n\n`, event('two'), event('z').trimEnd());
    assert.equal(got, 'data: 1:A\n\n: ping\n\ndata: 1st\n\ndata: 2nd\n\ndata: 4:Z\n\n|end');
  });

  await t.test('pieces may be cut anywhere', async () => {
    const bytes = Buffer.from(`id: 1\r\n${event('häß€😀').replaceAll('\n', '\r\n')}`);
    const pieces = [...bytes].map((byte) => Buffer.from([byte]));
    assert.equal(await played('/strict', ...pieces), `${bytes}|end`);
    const data = Buffer.from(event('häß€😀'));
    const mark = data.indexOf('😀') + 1;
    const got = await played('/live', data.subarray(0, mark), data.subarray(mark));
    assert.equal(got, 'data: 1:HÄSS€😀\n\n|end');
  });

  await t.test('a chain has a flow for each of its proxies', async () => {
    const opened = upstreamEnd();
    const streaming = stream(gateway.port, '/chain');
    const response = await opened;
    response.write(event('one'));
    const { until, ended } = await streaming;
    await until('data: [1:ONE]\n\n');
    response.end(event('b'));
    await until('data: [2:B]\n\n');
    assert.equal(await ended, 'end');
  });

  await t.test('other content is left alone', async () => {
    const { text, headers } = await call(gateway.port, { path: '/live/json' });
    assert.equal(text, '{"data": 1}');
    assert.equal(headers['x-marked'], 'yes');
  });

  await t.test('a fault ends the stream, and its event is not sent', async () => {
    assert.equal(await played('/strict', event('ok'), event('bad'), event('more')), `${event('ok')}|broken`);
    assert.equal(
      await played('/strict?tell=yes', event('ok'), event('bad'), event('more')),
      `${event('ok')}event: error\ndata: RaiseFault\n\n|end`,
    );
  });

  await t.test('a fault before the first byte is an answer of its own', async () => {
    const opened = upstreamEnd();
    const asking = call(gateway.port, { path: '/strict' });
    (await opened).end(event('bad'));
    const { status, text } = await asking;
    assert.equal(status, 500);
    assert.match(text, /steps\.raisefault\.RaiseFault/);
  });

  await t.test('the target is told when the client has gone', async () => {
    const opened = upstreamEnd();
    const streaming = stream(gateway.port, '/chain');
    const response = await opened;
    const gone = new Promise<void>((resolve) => response.once('close', () => resolve()));
    response.write(event('one'));
    const client = await streaming;
    await client.until('ONE');
    client.response.destroy();
    await gone;
  });

  await t.test('a slow client holds the target back', async () => {
    const opened = upstreamEnd();
    const streaming = stream(gateway.port, '/strict');
    const response = await opened;
    const big = event('x'.repeat(100_000));
    response.write(big);
    const client = await streaming;
    client.response.pause();
    let written = 1;
    const write = (): boolean => {
      written++;
      return response.write(big);
    };
    for (let turns = 0; turns < 50; turns++) {
      while (written < 400 && !response.writableNeedDrain && write());
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.ok(written < 400, 'forty megabytes were taken for a client that reads nothing');
    client.response.resume();
    response.end();
    assert.equal(await client.ended, 'end');
    assert.equal(client.text().length, big.length * written);
  });
});
