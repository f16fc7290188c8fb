import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { Fault } from '../../runtime/fault.ts';
import { closedPort, startOrigin, startRaw } from '../support/origin-server.ts';
import { callTarget, faultOfCall, http, readAll, targetOf, textOf } from '../support/target.ts';

const flow = 'messaging.adaptors.http.flow';

/** A server that answers each request with this text and leaves the connection open, unless told to close. */
function answering(text: string, close: 'close' | 'open' | 'reset' = 'open') {
  return startRaw((socket: Socket) => {
    socket.on('data', () => {
      socket.write(text, 'latin1');
      if (close === 'close') socket.end();
      if (close === 'reset') setTimeout(() => socket.resetAndDestroy(), 20);
    });
  });
}

async function withAnswer<T>(
  text: string,
  close: 'close' | 'open' | 'reset',
  use: (call: ReturnType<typeof callTarget>) => Promise<T>,
  options: Parameters<typeof callTarget>[1] = {},
  properties: Record<string, string> = {},
): Promise<T> {
  const server = await answering(text, close);
  const { target, connections } = targetOf(http(server.url, properties));
  try {
    return await use(callTarget(target, options));
  } finally {
    connections.close();
    await server.close();
  }
}

test('status, reason and headers come as they are, without those of the connection', async () => {
  const head =
    'HTTP/1.1 201 Very Made\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\nTrailer: X\r\nContent-Length: 2\r\n\r\nok';
  await withAnswer(head, 'open', async (call) => {
    const { response } = await call;
    assert.equal(response.status, 201);
    assert.equal(response.reason, 'Very Made');
    assert.deepEqual(response.headers.raw, ['Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'Content-Length', '2']);
    assert.equal(response.body.inMemory, true);
    assert.equal(await textOf(response), 'ok');
  });
});

test('answers without payload', async () => {
  for (const head of ['HTTP/1.1 204 No Content\r\n\r\n', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n']) {
    await withAnswer(head, 'open', async (call) => assert.equal((await call).response.body.isEmpty, true));
  }
  const headAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n';
  await withAnswer(
    headAnswer,
    'open',
    async (call) => {
      const { response } = await call;
      assert.equal(response.headers.line('content-length'), '5');
      assert.equal(response.body.isEmpty, true);
    },
    { verb: 'HEAD' },
  );
});

test('interim responses are skipped, 100 too, in any pieces', async () => {
  const answers = [
    'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  ];
  for (const answer of answers) {
    await withAnswer(answer, 'open', async (call) => assert.equal(await textOf((await call).response), 'ok'));
    const server = await startRaw((socket) => {
      socket.setNoDelay(true);
      socket.once('data', async () => {
        for (const piece of answer.match(/[\s\S]{1,7}/g) ?? []) {
          socket.write(piece);
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      });
    });
    const { target, connections } = targetOf(http(server.url));
    assert.equal(await textOf((await callTarget(target)).response), 'ok');
    connections.close();
    await server.close();
  }
});

test('a payload that looks like an interim response is a payload', async () => {
  const body = 'HTTP/1.1 100 Continue\r\n\r\nrest';
  const server = await startRaw((socket) => {
    socket.once('data', async () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.write(body);
    });
  });
  const { target, connections } = targetOf(http(server.url));
  assert.equal(await textOf((await callTarget(target)).response), body);
  connections.close();
  await server.close();
});

test('answers that are none', async () => {
  const table: [string, 'close' | 'open'][] = [
    ['', 'close'],
    ['HTTP/1.1 200 OK\r\nContent-', 'close'],
    ['nonsense\r\n\r\n', 'open'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc', 'open'],
    ['HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n', 'open'],
    ['HTTP/1.1 101 Switching Protocols\r\n\r\n', 'open'],
  ];
  for (const [answer, close] of table) {
    const fault = await withAnswer(answer, close, faultOfCall, { verb: 'POST' });
    assert.equal(fault.code, `${flow}.UnexpectedEOFAtTarget`, JSON.stringify(answer));
    assert.equal(fault.status, 502);
  }
  const huge = `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`;
  assert.equal((await withAnswer(huge, 'open', faultOfCall)).code, 'protocol.http.TooBigHeaders');
});

test('a payload that is cut off is never complete', async () => {
  const table: [string, 'close' | 'reset'][] = [
    ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'close'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', 'close'],
    ['HTTP/1.1 200 OK\r\n\r\nabc', 'reset'],
  ];
  for (const [answer, close] of table) {
    const error = await withAnswer(answer, close, async (call) => {
      const source = (await call).response.body.takeSource();
      assert.ok(source !== undefined);
      return readAll(source).then(
        () => undefined,
        (reason: unknown) => reason,
      );
    });
    assert.ok(error instanceof Fault, answer);
    assert.equal(error.status, 502);
  }
  await withAnswer('HTTP/1.1 200 OK\r\n\r\nabc', 'close', async (call) => {
    assert.equal(await textOf((await call).response), 'abc');
  });
});

test('a payload over the limit', async () => {
  const limit = { 'response.payload.parse.limit': '10' };
  const declared = 'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n';
  const fault = await withAnswer(declared, 'open', faultOfCall, {}, limit);
  assert.deepEqual([fault.code, fault.status], ['protocol.http.TooBigBody', 502]);
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n9\r\nabcdefghi\r\n';
  const late = await withAnswer(
    chunked,
    'open',
    (call) => faultOfCall(call.then((one) => textOf(one.response))),
    {},
    limit,
  );
  assert.equal(late.code, 'protocol.http.TooBigBody');
  const streamed = { ...limit, 'response.streaming.enabled': 'true' };
  await withAnswer(
    'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nabcdefghijk',
    'open',
    async (call) => assert.equal((await textOf((await call).response)).length, 11),
    {},
    streamed,
  );
});

test('targets that cannot be reached, or do not answer', async () => {
  const refused = await faultOfCall(callTarget(targetOf(http(`http://127.0.0.1:${await closedPort()}`)).target));
  assert.deepEqual([refused.code, refused.status], [`${flow}.ServiceUnavailable`, 503]);
  const unknown = await faultOfCall(callTarget(targetOf(http('http://no-such-host.invalid')).target));
  assert.equal(unknown.code, `${flow}.ServiceUnavailable`);
  const silent = await withAnswer('', 'open', faultOfCall, {}, { 'io.timeout.millis': '100' });
  assert.deepEqual(
    [silent.code, silent.status, silent.detailReason],
    [`${flow}.GatewayTimeout`, 504, 'TARGET_READ_TIMEOUT'],
  );
  const stalled = await withAnswer(
    'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc',
    'open',
    (call) => faultOfCall(call.then((one) => textOf(one.response))),
    {},
    { 'io.timeout.millis': '100' },
  );
  assert.equal(stalled.code, `${flow}.GatewayTimeout`);
});

test('a call ends when the time of the whole exchange is up', async () => {
  const server = await answering('', 'open');
  const { target, connections } = targetOf(http(server.url));
  const call = callTarget(target, {}, (exchange) => {
    exchange.deadline = Date.now() + 50;
  });
  assert.equal((await faultOfCall(call)).code, `${flow}.GatewayTimeout`);
  connections.close();
  await server.close();
});

test('a kept connection that is gone: GET is repeated, POST is not', async () => {
  for (const [verb, expected] of [
    ['GET', 'ok'],
    ['POST', 'fault'],
  ]) {
    const server = await startRaw((socket, count) => {
      let requests = 0;
      socket.on('data', () => {
        requests++;
        if (count === 1 && requests === 2) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    const { target, connections } = targetOf(http(server.url));
    await textOf((await callTarget(target, { verb: 'GET' })).response);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const second = callTarget(target, { verb: verb ?? '', body: 'x' });
    if (expected === 'ok') assert.equal(await textOf((await second).response), 'ok');
    else assert.equal((await faultOfCall(second)).code, `${flow}.UnexpectedEOFAtTarget`);
    assert.equal(server.connections(), expected === 'ok' ? 2 : 1);
    connections.close();
    await server.close();
  }
});

test('a target that closes at once is asked once', async () => {
  const server = await startRaw((socket) => socket.once('data', () => socket.destroy()));
  const { target, connections } = targetOf(http(server.url));
  assert.equal((await faultOfCall(callTarget(target))).code, `${flow}.UnexpectedEOFAtTarget`);
  assert.equal(server.connections(), 1);
  connections.close();
  await server.close();
});

test('a client that goes away cancels the call', async () => {
  let closed: Promise<unknown> | undefined;
  const server = await startRaw((socket) => {
    socket.resume();
    closed = once(socket, 'close');
  });
  const { target, connections } = targetOf(http(server.url));
  const fault = await faultOfCall(
    callTarget(target, {}, (exchange) => {
      setTimeout(() => exchange.abort(), 50);
    }),
  );
  assert.equal(fault.code, `${flow}.UnexpectedEOF`);
  await closed;
  const gone = callTarget(target, {}, (exchange) => exchange.abort());
  assert.equal((await faultOfCall(gone)).code, `${flow}.UnexpectedEOF`);
  assert.equal(server.connections(), 1);
  connections.close();
  await server.close();
});

test('a large payload streams at the pace of its reader', async () => {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  let written = 0;
  const server = await startOrigin((_, response) => {
    const write = (): void => {
      while (written < 400) {
        written++;
        if (!response.write(chunk)) {
          response.once('drain', write);
          return;
        }
      }
      response.end();
    };
    write();
  });
  const { target, connections } = targetOf(http(server.url, { 'response.streaming.enabled': 'true' }));
  const { response } = await callTarget(target);
  const source = response.body.takeSource();
  assert.ok(source !== undefined);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok(written < 300, `the target could write ${written} chunks that nobody read`);
  let size = 0;
  await new Promise<void>((resolve, reject) => {
    source.start({
      data: (piece) => {
        size += piece.length;
        source.pause();
        setImmediate(() => source.resume());
      },
      end: resolve,
      error: reject,
    });
  });
  assert.equal(size, 400 * chunk.length);
  await textOf((await callTarget(target)).response);
  connections.close();
  await server.close();
});

test('a 405 without Allow is passed on, unless the target must send it', async () => {
  const answer = 'HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n';
  await withAnswer(answer, 'open', async (call) => assert.equal((await call).response.status, 405));
  const strict = { 'ignore.allow.header.for.405': 'false' };
  const fault = await withAnswer(answer, 'open', faultOfCall, {}, strict);
  assert.equal(fault.code, 'protocol.http.Response405WithoutAllowHeader');
});
