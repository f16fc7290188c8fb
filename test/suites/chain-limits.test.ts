import assert from 'node:assert/strict';
import {
  assign,
  httpTarget,
  localPath,
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
import { call } from '../support/gateway.ts';
import { suite } from '../support/suite.ts';

const loop = 'messaging.adaptors.local.LoopDetected';
const to = (name: string, connection: string) =>
  proxy(name, proxyEndpoint(`/${name}`, route()), targetEndpoint(connection));
const leaf = proxy(
  'leaf',
  proxyEndpoint('/leaf', preFlow('', step('hi')) + noTarget),
  assign('hi', setPayload('leaf')),
);
const callout = (name: string) =>
  `<ServiceCallout name="${name}"><Response>r</Response><LocalTargetConnection><APIProxy>leaf</APIProxy></LocalTargetConnection></ServiceCallout>`;

suite('loops', {
  files: () => ({
    ...leaf,
    ...to('self', localTarget('self')),
    ...to('a', localTarget('b')),
    ...to('b', localTarget('c')),
    ...to('c', localTarget('a')),
    ...to('entry', localTarget('a')),
    ...to('growing', localPath('/growing/more')),
    ...to('twice', localTarget('leaf')),
    ...proxy(
      'by-callout',
      proxyEndpoint('/by-callout', preFlow(step('call')) + noTarget),
      '<ServiceCallout name="call"><Response>r</Response><LocalTargetConnection><Path>/by-callout</Path></LocalTargetConnection></ServiceCallout>',
    ),
    ...proxy(
      'calls-leaf-twice',
      proxyEndpoint('/calls-leaf-twice', preFlow(step('one') + step('two')) + route()),
      targetEndpoint(localTarget('leaf')),
      callout('one'),
      callout('two'),
    ),
  }),
  facts: [
    { name: 'a proxy that calls itself', ask: 'GET /self', status: 508, fault: [loop, /self -> self/] },
    { name: 'three that call each other', ask: 'GET /a', status: 508, fault: [loop, /a -> b -> c -> a/] },
    { name: 'entered from elsewhere', ask: 'GET /entry', status: 508, fault: [loop, /a -> b -> c -> a/] },
    {
      name: 'a path that grows ends at the depth limit',
      ask: 'GET /growing',
      status: 508,
      fault: [loop, /growing -> growing/],
    },
    {
      name: 'a callout that comes back',
      ask: 'GET /by-callout',
      status: 508,
      fault: [loop, /by-callout -> by-callout/],
    },
    { name: 'the same proxy one after the other is no loop', ask: 'GET /calls-leaf-twice', body: 'leaf' },
    { name: 'the server goes on', ask: 'GET /leaf', body: 'leaf' },
  ],
});

const steps = (count: number) => Array.from({ length: count }, (_, index) => `d${index}`);

suite('the depth of a chain', {
  options: ['--max-chain-depth', '4'],
  files: () => ({
    ...leaf,
    ...Object.assign(
      {},
      ...steps(5).map((name, index) => to(name, localTarget(index === 0 ? 'leaf' : `d${index - 1}`))),
    ),
  }),
  facts: [
    { name: 'as deep as allowed', ask: 'GET /d3', body: 'leaf' },
    { name: 'one too deep', ask: 'GET /d4', status: 508, fault: [loop, /4/] },
    { name: 'the limit is for one request', ask: 'GET /d3', body: 'leaf' },
  ],
});

suite('the number of calls', {
  options: ['--max-chain-calls', '3'],
  files: () => ({
    ...leaf,
    ...proxy(
      'many',
      proxyEndpoint(
        '/many',
        preFlow(step('one') + step('two') + step('three') + step('four', 'request.queryparam.four = "yes"')) + noTarget,
      ),
      ...['one', 'two', 'three', 'four'].map(callout),
    ),
    ...proxy(
      'then-target',
      proxyEndpoint('/then-target', preFlow(step('one') + step('two') + step('three')) + route()),
      targetEndpoint(localTarget('leaf')),
      ...['one', 'two', 'three'].map(callout),
    ),
  }),
  facts: [
    { name: 'as many as allowed', ask: 'GET /many' },
    { name: 'one too many', ask: 'GET /many?four=yes', status: 508, fault: 'messaging.adaptors.local.TooManyCalls' },
    {
      name: 'callouts and targets count together',
      ask: 'GET /then-target',
      status: 508,
      fault: 'messaging.adaptors.local.TooManyCalls',
    },
    { name: 'the next request starts anew', ask: 'GET /many' },
  ],
});

suite('loops over the network', {
  options: ['--max-chain-depth', '3'],
  files: ({ url }) => ({
    ...proxy('out', proxyEndpoint('/out', route()), targetEndpoint(httpTarget(url))),
    ...proxy(
      'strips',
      proxyEndpoint('/strips', preFlow(step('strip')) + route()),
      targetEndpoint(httpTarget(url)),
      '<AssignMessage name="strip"><Remove><Headers><Header name="CDN-Loop"/></Headers></Remove><Set><Headers><Header name="CDN-Loop">forged</Header></Headers></Set></AssignMessage>',
    ),
  }),
  facts: [
    { name: 'an outgoing request carries the mark', ask: 'GET /out', seen: [{ headers: { 'CDN-Loop': /\S/ } }] },
    {
      name: 'the mark of others is kept',
      ask: { path: '/out', headers: { 'CDN-Loop': 'other.example' } },
      seen: [{ headers: { 'CDN-Loop': /^other\.example, ?\S+/ } }],
    },
    { name: 'a policy cannot take it away', ask: 'GET /strips', seen: [{ headers: { 'CDN-Loop': /zerohop/i } }] },
  ],
  also: {
    'a request that went round too often is refused': async (gateway, [upstream]) => {
      await call(gateway.port, { path: '/out' });
      const mark = String(upstream?.seen[0]?.headers['cdn-loop']);
      const often = (count: number) => ({ 'CDN-Loop': Array.from({ length: count }, () => mark).join(', ') });
      assert.equal((await call(gateway.port, { path: '/out', headers: often(3) })).status, 200);
      assert.equal((await call(gateway.port, { path: '/out', headers: often(4) })).status, 508);
    },
  },
});
