import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  assign,
  bundleTree,
  httpTarget,
  localTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  route,
  setHeaders,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { call, startGateway } from '../support/gateway.ts';
import { startRaw } from '../support/origin-server.ts';
import { sendRaw, statusesIn } from '../support/raw.ts';

/** What passes through a whole gateway, on raw sockets at both ends. */

const streamed = { 'response.streaming.enabled': 'true', 'request.streaming.enabled': 'true' };
const to = (name: string, connection: string, steps = '', ...policies: string[]) =>
  proxy(name, proxyEndpoint(`/${name}`, preFlow('', steps) + route()), targetEndpoint(connection), ...policies);
/** A proxy whose requests may be of any size. */
const open = (name: string, connection: string) => {
  const properties =
    '<Property name="request.streaming.enabled">true</Property><Property name="response.streaming.enabled">true</Property>';
  const endpoint = `<ProxyEndpoint name="default"><HTTPProxyConnection><BasePath>/${name}</BasePath><Properties>${properties}</Properties></HTTPProxyConnection>${route()}</ProxyEndpoint>`;
  return proxy(name, endpoint, targetEndpoint(connection));
};
const get = (path: string, more = '', version = '1.1'): string =>
  `GET ${path} HTTP/${version}\r\nHost: a\r\n${more}\r\n`;

/** Heads of requests that a target has got, and what it did with the connection. */
interface Target {
  readonly url: string;
  readonly seen: string[];
}

/** A target that hands every request's head, with the socket, to `answer`; payloads are collected behind it. */
async function target(answer: (socket: Socket, head: string) => void): Promise<Target> {
  const seen: string[] = [];
  const server = await startRaw((socket) => {
    let text = '';
    socket.on('data', (part) => {
      text += part.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end === -1) return;
      const head = text.slice(0, end + 4);
      text = '';
      seen.push(head);
      answer(socket, head);
    });
  });
  after(() => server.close());
  return { url: server.url, seen };
}

test('a target that breaks off', async (suite) => {
  const cuts: readonly (readonly [name: string, bytes: string, end: 'end' | 'reset'])[] = [
    ['length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'end'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', 'end'],
    ['bad-chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n', 'end'],
    ['reset', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', 'reset'],
    ['reset-without-length', 'HTTP/1.1 200 OK\r\n\r\nabc', 'reset'],
  ];
  const origin = await target((socket, head) => {
    const [, bytes = '', end] = cuts.find(([name]) => head.includes(`/${name} `)) ?? [];
    socket.write(bytes);
    setTimeout(() => (end === 'reset' ? socket.resetAndDestroy() : socket.end()), 50);
  });
  const reads = step('AM');
  const gateway = await startGateway(
    await bundleTree({
      ...to('streams', httpTarget(origin.url, streamed)),
      ...to('chain', localTarget('streams')),
      ...to('reads', httpTarget(origin.url), reads, assign('AM', setHeaders({ 'X-Size': '{response.content}' }))),
    }),
  );
  for (const [name] of cuts) {
    for (const path of [`/streams/${name}`, `/chain/${name}`]) {
      await suite.test(`in the middle (${path}) is never a whole answer`, async () => {
        const answer = await sendRaw(gateway.port, get(path));
        if (!answer.includes(' 200 ')) assert.deepEqual(statusesIn(answer), [502]);
        else if (/content-length: 10/i.test(answer)) assert.ok(!/\r\n\r\n.{10}$/s.test(answer), answer);
        else assert.doesNotMatch(answer, /\r\n0\r\n\r\n$/);
      });
      // A reset at the heels of the last bytes is an ordinary end to the client used here (libuv).
      if (name === 'bad-chunk') continue;
      await suite.test(`in the middle (${path}) is never the end for HTTP/1.0`, async () => {
        const socket = connect(gateway.port, '127.0.0.1');
        let answer = '';
        let failed = false;
        socket.on('data', (part) => {
          answer += part.toString('latin1');
        });
        socket.on('error', () => {
          failed = true;
        });
        socket.write(get(path, '', '1.0'));
        await once(socket, 'close').catch(() => undefined);
        const whole = / 502 /.test(answer) || failed || /content-length: 10/i.test(answer);
        assert.ok(whole, answer);
        assert.doesNotMatch(answer, /transfer-encoding/i);
      });
    }
    await suite.test(`in the middle (${name}) of what a policy reads is a 502`, async () => {
      assert.equal((await call(gateway.port, { path: `/reads/${name}` })).status, 502);
    });
  }
});

test('fields of the connection travel in neither direction, whoever nominates them', async () => {
  const origin = await target((socket) => {
    socket.write(
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: X-Back, keep-alive\r\nX-Back: 1\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\nTrailer: X\r\nX-Stays: 1\r\n\r\nok',
    );
  });
  const gateway = await startGateway(
    await bundleTree({ ...to('near', httpTarget(origin.url)), ...to('far', localTarget('near')) }),
  );
  const fields =
    'Connection: X-Hop , close\r\nconnection: x-OTHER, Host, Content-Length, X-Hop\r\nX-Hop: 1\r\nX-Other: 1\r\nKeep-Alive: 5\r\nProxy-Connection: a\r\nTE: trailers, gzip\r\nTrailer: X-Late\r\nProxy-Authorization: Basic YQ==\r\nHTTP2-Settings: a\r\nX-Stays: 1\r\n';
  for (const path of ['/near', '/far']) {
    const answer = await sendRaw(gateway.port, get(path, fields));
    assert.deepEqual(statusesIn(answer), [200]);
    assert.doesNotMatch(answer, /x-back|timeout=9|proxy-authenticate|h2c|trailer/i);
    assert.match(answer, /X-Stays: 1/);
    const head = origin.seen.at(-1) ?? '';
    assert.doesNotMatch(head, /x-hop|x-other|keep-alive: 5|proxy-|^te:|\r\nte:|trailer|http2-settings/i);
    assert.match(head, /X-Stays: 1[\s\S]*CDN-Loop: zerohop-/i);
    assert.match(head, /\r\nhost: 127\.0\.0\.1/i);
  }
});

test('trailers go nowhere: not into the headers of a request, not on to a target, not back', async () => {
  const origin = await target((socket) => {
    socket.write(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Late: 1\r\nSet-Cookie: a=b\r\n\r\n',
    );
  });
  const gateway = await startGateway(await bundleTree(to('near', httpTarget(origin.url))));
  const answer = await sendRaw(
    gateway.port,
    'POST /near HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nAuthorization: Bearer x\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n',
  );
  assert.deepEqual(statusesIn(answer), [200]);
  assert.doesNotMatch(answer, /x-late|set-cookie/i);
  assert.doesNotMatch(origin.seen.join(''), /authorization|1\.2\.3\.4/i);
});

test('an answer that comes before the upload is over is the answer, and nothing of the rest is run', async (suite) => {
  const origin = await target((socket, head) => {
    socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nearly');
    if (head.includes('/closes')) socket.end();
  });
  const gateway = await startGateway(
    await bundleTree({ ...open('up', httpTarget(origin.url, streamed)), ...open('chain', localTarget('up')) }),
  );
  for (const path of ['/up/stays', '/up/closes', '/chain/stays', '/chain/closes']) {
    await suite.test(path, async () => {
      const hidden = get('/up/hidden');
      const body = hidden.repeat(200);
      const socket = connect(gateway.port, '127.0.0.1');
      let answer = '';
      socket.on('data', (part) => {
        answer += part.toString('latin1');
      });
      socket.on('error', () => undefined);
      socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${2 * body.length}\r\n\r\n${body}`);
      const end = Date.now() + 10_000;
      while (!answer.includes('early')) {
        assert.ok(Date.now() < end, answer);
        await pause(10);
      }
      assert.deepEqual(statusesIn(answer), [413]);
      socket.write(body + get('/up/next'));
      await pause(200);
      socket.destroy();
      assert.doesNotMatch(origin.seen.join(''), /hidden/);
    });
  }
});

test('surplus bytes of a target never become the answer of another request', async () => {
  const origin = await target((socket, head) => {
    const name = /\/(\w+) HTTP/.exec(head)?.[1] ?? '';
    const surplus = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged';
    if (name === 'none') socket.write(`HTTP/1.1 204 No Content\r\n\r\n${surplus}`);
    else
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}${name.startsWith('bad') ? surplus : ''}`,
      );
  });
  const gateway = await startGateway(await bundleTree(to('near', httpTarget(origin.url))));
  for (let round = 0; round < 20; round++) {
    const names = [`bad${round}`, `a${round}`, `b${round}`];
    const answers = await Promise.all([...names, 'none'].map((name) => call(gateway.port, { path: `/near/${name}` })));
    assert.deepEqual(
      answers.map(({ text, status }) => (status === 502 ? 'refused' : text)),
      [...names, ''],
    );
  }
});

test('a reader that does not read holds up the target, through a chain of three, in bounded memory', async () => {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const chunks = 800;
  let written = 0;
  const origin = await target((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${chunks * chunk.length}\r\n\r\n`);
    const write = (): void => {
      while (written < chunks) {
        written++;
        if (!socket.write(chunk)) {
          socket.once('drain', write);
          return;
        }
      }
    };
    write();
  });
  const gateway = await startGateway(
    await bundleTree({
      ...open('one', localTarget('two')),
      ...open('two', localTarget('three')),
      ...open('three', httpTarget(origin.url, streamed)),
    }),
  );
  const socket = connect(gateway.port, '127.0.0.1');
  socket.pause();
  socket.write(get('/one'));
  let before = -1;
  while (before !== written || written === 0) {
    before = written;
    await pause(200);
  }
  assert.ok(written < chunks / 2, `${written} chunks left the target`);
  let received = 0;
  socket.on('data', (part: Buffer) => {
    received += part.length;
  });
  socket.resume();
  while (received < chunks * chunk.length) await pause(20);
  socket.destroy();
});

test('a target that does not read holds up the client, through a chain of three', async () => {
  const origin = await startRaw((socket) => {
    socket.pause();
    setTimeout(() => socket.resume(), 1500);
    let received = 0;
    socket.on('data', (part) => {
      received += part.length;
      if (received > size) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
  });
  after(() => origin.close());
  const size = 48 * 1024 * 1024;
  const gateway = await startGateway(
    await bundleTree({
      ...open('one', localTarget('two')),
      ...open('two', localTarget('three')),
      ...open('three', httpTarget(origin.url, streamed)),
    }),
  );
  const socket = connect(gateway.port, '127.0.0.1');
  let answer = '';
  socket.on('data', (part) => {
    answer += part.toString('latin1');
  });
  socket.write(`POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
  socket.write(Buffer.alloc(size, 'x'));
  await pause(1000);
  assert.ok(socket.writableLength > 0, 'all of the payload was taken, though nobody reads it');
  const end = Date.now() + 20_000;
  while (!answer.includes('ok')) {
    assert.ok(Date.now() < end, answer);
    await pause(20);
  }
  socket.destroy();
});

test('a payload that a policy reads opens no connection to the target before it is whole', async () => {
  const origin = await target((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  const reads = proxy(
    'reads',
    proxyEndpoint('/reads', preFlow(step('AM')) + route()),
    targetEndpoint(httpTarget(origin.url)),
    assign('AM', setHeaders({ 'X-Size': '{request.content}' })),
  );
  const gateway = await startGateway(await bundleTree(reads));
  const socket = connect(gateway.port, '127.0.0.1');
  socket.write('POST /reads HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab');
  await pause(150);
  assert.deepEqual(origin.seen, []);
  socket.write('cd');
  const [answer] = await once(socket, 'data');
  assert.match(String(answer), / 200 /);
  assert.match(origin.seen.join(''), /x-size: abcd/i);
  socket.destroy();
});

test('HTTP/1.0 gets no chunks, and its connection is closed', async () => {
  const origin = await target((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n');
  });
  const gateway = await startGateway(await bundleTree(to('near', httpTarget(origin.url, streamed))));
  const answer = await sendRaw(gateway.port, get('/near', '', '1.0'));
  assert.match(answer, /connection: close\r\n/i);
  assert.doesNotMatch(answer, /transfer-encoding/i);
  assert.match(answer, /\r\n\r\nabcdef$/);
});
