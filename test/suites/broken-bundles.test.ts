import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assign,
  bundleTree,
  type Files,
  httpTarget,
  localTarget,
  noTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  route,
  setPayload,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { call, runCommand, startGateway } from '../support/gateway.ts';

/** A mistake in one bundle: told with its place, its cause and its cure, while the others serve. */

interface Mistake {
  readonly name: string;
  readonly files: Files;
  /** Place, cause and cure, in that order; all must be in what `serve` writes. */
  readonly told: readonly [place: RegExp, cause: RegExp, cure: RegExp];
  /** A path and the status it answers all the same. */
  readonly answers?: readonly [path: string, status: number];
}

const hello = assign('AM-Hello', setPayload('hello'));
const good = proxy('good', proxyEndpoint('/good', preFlow('', step('AM-Hello')) + noTarget), hello);

const mistakes: readonly Mistake[] = [
  {
    name: 'a typo in the name of a step',
    files: proxy(
      'bad',
      proxyEndpoint('/bad', `\n  <PreFlow>\n    <Request>${step('AM-Helo')}</Request>\n  </PreFlow>\n${noTarget}`),
      hello,
    ),
    told: [
      /bad\/apiproxy\/proxies\/default\.xml:3:\d+: error BN010/,
      /no policy named "AM-Helo"/,
      /hint: .*"AM-Hello"/,
    ],
    answers: ['/bad', 404],
  },
  {
    name: 'a tag that is not closed',
    files: {
      ...proxy('bad', proxyEndpoint('/bad', preFlow('', step('AM-Hello')) + noTarget)),
      'bad/apiproxy/policies/AM-Hello.xml':
        '<AssignMessage name="AM-Hello">\n  <Set>\n    <Payload>hello</Payload>\n</AssignMessage>\n',
    },
    told: [/bad\/apiproxy\/policies\/AM-Hello\.xml:[24]:\d+: error BN011/, /Set/, /hint: .*<\/Set>/],
    answers: ['/bad', 404],
  },
  {
    name: 'a policy that Apigee does not have',
    files: proxy(
      'bad',
      proxyEndpoint('/bad', preFlow('', step('AM-Hello')) + noTarget),
      '<AssignMesage name="AM-Hello">\n  <Set><Payload>hello</Payload></Set>\n</AssignMesage>',
    ),
    told: [
      /bad\/apiproxy\/policies\/AM-Hello\.xml:1:\d+: error PO029/,
      /<AssignMesage> is not a policy/,
      /hint: .*<AssignMessage>/,
    ],
    answers: ['/bad', 404],
  },
  {
    name: 'two proxies on one base path',
    files: {
      ...proxy('zweite', proxyEndpoint('/good', preFlow('', step('AM-Hello')) + noTarget), hello),
    },
    told: [/zweite\/apiproxy\/proxies\/default\.xml:1:\d+: error ZH\d{3}/, /\/good/, /hint: /],
    answers: ['/good', 200],
  },
  {
    name: 'a route to a target endpoint that is not there',
    files: proxy(
      'bad',
      proxyEndpoint('/bad', `\n${route('backened')}`),
      targetEndpoint(httpTarget('http://127.0.0.1:1'), 'backend'),
    ),
    told: [/bad\/apiproxy\/proxies\/default\.xml:2:\d+: error PD001/, /"backened"/, /hint: .*"backend"/],
    answers: ['/bad', 404],
  },
  {
    name: 'a local target that is not there is a warning: it may come later',
    files: proxy(
      'bad',
      proxyEndpoint('/bad', route()),
      `<TargetEndpoint name="default">\n  ${localTarget('goood')}\n</TargetEndpoint>`,
    ),
    told: [/bad\/apiproxy\/targets\/default\.xml:2:\d+: warning ZH032/, /"goood"/, /hint: .*"good"/],
    answers: ['/bad', 404],
  },
];

for (const { name, files, told, answers } of mistakes) {
  test(name, async () => {
    const gateway = await startGateway(await bundleTree({ ...good, ...files }));
    const answer = await call(gateway.port, { path: '/good' });
    assert.equal(`${answer.status} ${answer.text}`, '200 hello');
    const log = gateway.logs();
    for (const part of told) assert.match(log, part);
    assert.doesNotMatch(log, /\n {4}at /, 'no stack trace');
    if (answers !== undefined) {
      const [path, status] = answers;
      assert.equal((await call(gateway.port, { path })).status, status);
    }
  });
}

test('nothing but broken bundles: no server, exit code 1', async () => {
  const [mistake] = mistakes;
  const folder = await bundleTree(mistake?.files);
  const { code, stderr } = await runCommand(
    'serve',
    folder,
    '--port',
    '0',
    '--management-port',
    '0',
    '--store',
    'memory',
  );
  assert.equal(code, 1);
  assert.match(stderr, /error BN010/);
  assert.match(stderr, /holds no bundle that can be deployed/);
});

test('all mistakes are told at once', async () => {
  const files = {
    ...good,
    ...proxy(
      'bad',
      proxyEndpoint('/bad', preFlow(step('AM-One') + step('AM-Two')) + route('nowhere')),
      '<AssignMessage name="AM-Three"><Sett/></AssignMessage>',
    ),
  };
  const gateway = await startGateway(await bundleTree(files));
  for (const part of [/"AM-One"/, /"AM-Two"/, /"nowhere"/, /<?Sett/]) assert.match(gateway.logs(), part);
});
