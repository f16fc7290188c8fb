import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { emptyEnvironment } from '../../runtime/bundle/environment.ts';
import { Diagnostics } from '../../runtime/diagnostic.ts';
import type { ConnectionCompiler } from '../../runtime/flow/connections.ts';
import { compileTemplate } from '../../runtime/language/template.ts';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { type LogEntry, Phase } from '../../runtime/message/exchange.ts';
import { MessageLogging } from '../../runtime/policies/MessageLogging.ts';
import type { Compiler } from '../../runtime/policies/policy.ts';
import { createConnections } from '../../runtime/target/connections.ts';
import { bundleTree } from '../support/bundle-tree.ts';
import { createAuthority } from '../support/certificates.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf } from '../support/exchange.ts';
import { deepJson, hostileJson, hostileXml } from '../support/hostile.ts';
import { closedPort, listening, startRaw } from '../support/origin-server.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const connections = createConnections();
after(() => connections.close());

const authority = createAuthority();
after(() => authority.close());
const { ca } = authority;

const environment = {
  ...emptyEnvironment('test'),
  keyStores: new Map([['trust', { name: 'trust', aliases: new Map([['ca', { key: undefined, cert: ca }]]) }]]),
};

function policyOf(inner: string, folder = '') {
  const forTls: ConnectionCompiler = {
    environment,
    diagnostics: new Diagnostics(),
    template: (text, _, request) => compileTemplate(text, { xpath: undefined, ...request }),
  };
  const compiler: Partial<Compiler> = {
    syslog: (protocol, tls) => connections.syslog(protocol, tls, forTls),
    logFile: (name, rotation) => connections.logFile(join(folder, name), rotation),
  };
  return compilePolicy(MessageLogging, `<MessageLogging name="ML-1">${inner}</MessageLogging>`, { compiler });
}

function syslog(port: number, inner: string, more = ''): string {
  return `<Syslog><Host>127.0.0.1</Host><Port>${port}</Port>${inner}</Syslog>${more}`;
}

/** A log server, and what it was sent as soon as that has as many lines. */
async function logServer(): Promise<{ port: number; lines: (count: number) => Promise<string[]> }> {
  const collector = collect();
  const server = await startRaw(collector.take);
  after(() => server.close());
  return { port: server.port, lines: collector.lines };
}

function collect() {
  let text = '';
  let check: () => void = () => undefined;
  const take = (socket: Socket): void => {
    socket.on('data', (chunk) => {
      text += chunk.toString();
      check();
    });
  };
  const lines = (count: number): Promise<string[]> =>
    new Promise((resolve) => {
      check = () => {
        const found = text.split('\n');
        if (found.length > count) resolve(found.slice(0, -1));
      };
      check();
    });
  return { take, lines };
}

const message = (text: string) => `<Message>${text}</Message>`;
const tcp = '<Protocol>TCP</Protocol>';

describe('Syslog over TCP', () => {
  it('records are lines, one connection serves them all', async () => {
    const server = await logServer();
    const { step, needs } = policyOf(syslog(server.port, `${tcp}${message('id {v}')}`));
    assert.equal(needs, BodyNeed.none);
    await step(exchangeOf({ variables: { v: 'a' } }));
    await step(exchangeOf({ variables: { v: 'b\r\nc' } }));
    assert.deepEqual(await server.lines(2), ['id a', 'id b c']);
  });

  it('several at once wait for the same connection', async () => {
    const server = await logServer();
    const { step } = policyOf(syslog(server.port, `${tcp}${message('{v}')}`));
    await Promise.all(['1', '2', '3'].map((v) => step(exchangeOf({ variables: { v } }))));
    assert.deepEqual(await server.lines(3), ['1', '2', '3']);
  });

  it('host and port can be templates', async () => {
    const server = await logServer();
    const { step } = policyOf(`<Syslog>${message('x')}<Host>{h}</Host><Port>{p}</Port>${tcp}</Syslog>`);
    await step(exchangeOf({ variables: { h: '127.0.0.1', p: server.port } }));
    assert.deepEqual(await server.lines(1), ['x']);
  });

  it('over TLS with a trust store', async () => {
    const collector = collect();
    const tls = createTlsServer(authority.issue('/CN=log.example', 'IP:127.0.0.1'), collector.take);
    tls.on('tlsClientError', () => undefined);
    const server = await listening(tls);
    const ssl = '<SSLInfo><Enabled>true</Enabled><TrustStore>trust</TrustStore></SSLInfo>';
    await policyOf(syslog(server.port, `${tcp}${message('secret')}${ssl}`)).step(exchangeOf());
    assert.deepEqual(await collector.lines(1), ['secret']);
    await server.close();
  });

  it('a certificate that is not trusted is a fault', async () => {
    const tls = createTlsServer(authority.issue('/CN=log.example', 'IP:127.0.0.1'), () => undefined);
    tls.on('tlsClientError', () => undefined);
    const server = await listening(tls);
    const ssl = '<SSLInfo><Enabled>true</Enabled></SSLInfo>';
    const fault = await faultOf(policyOf(syslog(server.port, `${tcp}${message('x')}${ssl}`)).step, exchangeOf());
    assert.equal(fault.code, 'steps.messagelogging.StepDefinitionExecutionFailed');
    await server.close();
  });

  it('a server that is not there is a fault, and is not tried again at once', async () => {
    const { step } = policyOf(syslog(await closedPort(), `${tcp}${message('x')}`));
    for (const _ of [1, 2]) {
      const fault = await faultOf(step, exchangeOf());
      assert.deepEqual([fault.code, fault.status], ['steps.messagelogging.StepDefinitionExecutionFailed', 500]);
      assert.match(fault.faultstring, /^MessageLogging\[ML-1\]: Cannot reach 127\.0\.0\.1:\d+: .*ECONNREFUSED/);
    }
  });

  it('behind the answer a failure is only reported', async () => {
    const port = await closedPort();
    await new Promise<void>((resolve) => {
      const exchange = exchangeOf({ phase: Phase.postClient, surroundings: { report: () => resolve() } });
      assert.equal(policyOf(syslog(port, `${tcp}${message('x')}`)).step(exchange), undefined);
    });
  });
});

describe('Syslog over UDP', () => {
  async function received(inner: string, variables: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const arrived = once(socket, 'message');
    const { port } = socket.address() as AddressInfo;
    assert.equal(
      policyOf(syslog(port, inner, '<logLevel>ERROR</logLevel>')).step(exchangeOf({ variables })),
      undefined,
    );
    const [bytes] = (await arrived) as [Buffer];
    socket.close();
    return bytes.toString();
  }

  const facts: readonly [string, RegExp][] = [
    [message('plain {v}'), /^plain x$/],
    [message('[{none}]'), /^\[\]$/],
    [
      `${message('m')}<FormatMessage>true</FormatMessage>`,
      /^<11>1 \d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d) \S+ zerohop - - - m$/,
    ],
    [
      `${message('m')}<FormatMessage>true</FormatMessage><DateFormat>yyyy</DateFormat>`,
      /^<11>1 \d{4} \S+ zerohop - - - m$/,
    ],
    [`${message('m')}<FormatMessage>true</FormatMessage><PayloadOnly>true</PayloadOnly>`, /^m$/],
  ];
  for (const [inner, expected] of facts) {
    it(inner, async () => assert.match(await received(inner, { v: 'x' }), expected));
  }

  it('what is too long for a datagram is cut', async () => {
    const text = await received(message('{v}'), { v: 'x'.repeat(100_000) });
    assert.ok(text.length >= 9_000 && text.length <= 65_507);
  });

  it('a server that is not there is no fault', async () => {
    assert.equal(policyOf(syslog(await closedPort(), message('x'))).step(exchangeOf()), undefined);
  });
});

describe('CloudLogging', () => {
  function logged(inner: string, variables: Readonly<Record<string, unknown>> = {}): LogEntry | undefined {
    let entry: LogEntry | undefined;
    const surroundings = {
      logMessage: (_: unknown, one: LogEntry) => {
        entry = one;
      },
    };
    policyOf(inner).step(exchangeOf({ variables, surroundings }));
    return entry;
  }

  it('name, labels, level and JSON', () => {
    const inner = `<CloudLogging><LogName>projects/{organization.name}/logs/x</LogName>
      <Message contentType="application/json">{"code":"{v}"}</Message>
      <Labels><Label><Key>k</Key><Value>{v}</Value></Label></Labels></CloudLogging><logLevel>ALERT</logLevel>`;
    assert.deepEqual(logged(inner, { v: '7' }), {
      policy: 'ML-1',
      level: 'error',
      logName: 'projects/org/logs/x',
      labels: { k: '7' },
      message: { code: '7' },
    });
  });

  for (const [text, value] of [
    ['{"a":1}', { a: 1 }],
    ['"a"', '"a"'],
    ['{"a":', '{"a":'],
    ['', ''],
  ]) {
    it(`the text ${text} as JSON`, () => {
      const inner =
        '<CloudLogging><LogName>n</LogName><Message contentType="application/json">{v}</Message></CloudLogging>';
      assert.deepEqual(logged(inner, { v: text })?.message, value);
    });
  }

  for (const { name, payload } of [...hostileXml, ...hostileJson, ...deepJson]) {
    it(`logs ${name} as the text it is`, () => {
      const inner =
        '<CloudLogging><LogName>n</LogName><Message contentType="application/json">{v}</Message></CloudLogging>';
      const text = payload.toString();
      const message = logged(inner, { v: text })?.message;
      assert.ok(typeof message === 'object' || message === text);
    });
  }
});

describe('File', () => {
  /** Writes lines, and waits until a file holds what it should. */
  async function writes(
    inner: string,
    before: string,
    lines: readonly string[],
    file: string,
    expected: string,
  ): Promise<void> {
    const folder = await bundleTree();
    if (before !== '') writeFileSync(join(folder, 'calls.log'), before);
    const own = createConnections();
    const compiler: Partial<Compiler> = { logFile: (name, rotation) => own.logFile(join(folder, name), rotation) };
    const xml = `<MessageLogging name="ML-1"><File><Message>{v}</Message><FileName>calls.log</FileName>${inner}</File></MessageLogging>`;
    const { step } = compilePolicy(MessageLogging, xml, { compiler });
    for (const v of lines) step(exchangeOf({ variables: { v } }));
    own.close();
    const deadline = Date.now() + 5000;
    while (textOf(join(folder, file)) !== expected && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const text = textOf(join(folder, file));
    assert.ok(text === expected, `${file} is ${text.slice(0, 100)}`);
  }

  function textOf(path: string): string {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    }
  }

  const rotated = (attributes: string, inner: string) =>
    `<FileRotationOptions ${attributes}>${inner}</FileRotationOptions>`;

  it('lines are appended', async () => {
    await writes('', 'old\n', ['a', 'b\nc'], 'calls.log', 'old\na\nb c\n');
  });

  it('a new file is begun on startup', async () => {
    await writes(rotated('rotateFileOnStartup="true"', ''), 'old\n', ['a'], 'calls.log.1', 'old\n');
  });

  it('a new file is begun when one is full', async () => {
    const long = 'x'.repeat(700_000);
    const options = rotated('', '<FileRotationType>SIZE</FileRotationType><MaxFileSizeInMB>1</MaxFileSizeInMB>');
    await writes(options, '', [long, long, 'c'], 'calls.log', `${long}\nc\n`);
  });

  it('a folder that cannot be made is a fault', async () => {
    const folder = await bundleTree({ 'a-file': '' });
    const inner = '<File><Message>m</Message><FileName>calls.log</FileName></File>';
    const fault = await faultOf(policyOf(inner, join(folder, 'a-file')).step, exchangeOf());
    assert.equal(fault.code, 'steps.messagelogging.StepDefinitionExecutionFailed');
  });
});

describe('MessageLogging', () => {
  it('a variable without value is a fault when asked for', async () => {
    const inner = `${syslog(1, message('{none}'))}<IgnoreUnresolvedVariables>false</IgnoreUnresolvedVariables>`;
    const fault = await faultOf(policyOf(inner).step, exchangeOf());
    assert.equal(fault.faultstring, 'MessageLogging[ML-1]: unable to resolve variable none');
  });

  it('a port that is none when the request runs', async () => {
    const inner = `<Syslog>${message('x')}<Port>{p}</Port></Syslog>`;
    const fault = await faultOf(policyOf(inner).step, exchangeOf({ variables: { p: '70000' } }));
    assert.equal(fault.faultstring, 'MessageLogging[ML-1]: "70000" is no port');
  });

  it('takes the payloads that the message reads', () => {
    assert.equal(policyOf(syslog(1, message('{request.content}'))).needs, BodyNeed.request);
  });

  for (const [inner, expected] of [
    ['', ['warning ZH420']],
    ['<Syslog><Protocol>HTTP</Protocol></Syslog>', ['error ZH421']],
    ['<Syslog><Port>0</Port></Syslog>', ['error ZH422']],
    ['<Syslog><Port>x</Port></Syslog>', ['error ZH422']],
    ['<Syslog><SSLInfo/></Syslog>', ['warning ZH423']],
    ["<Syslog><FormatMessage>true</FormatMessage><DateFormat>yyyy'</DateFormat></Syslog>", ['error ZH424']],
    ['<File><FileName>../x</FileName></File>', ['error ZH425']],
    ['<File/>', ['error ZH425']],
  ] as const) {
    it(`when the bundle is loaded: ${inner}`, () => {
      const found = listed(policyOf(inner).diagnostics).map((line) => line.split(' ').slice(1, 3).join(' '));
      assert.deepEqual(found, expected);
    });
  }
});
