import {
  assign,
  httpTarget,
  noTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  route,
  setPayload,
  setVariable,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { suite } from '../support/suite.ts';

const where = assign('where', setPayload('{apiproxy.name} {proxy.name} {proxy.basepath} [{proxy.pathsuffix}]'));
const answering = (name: string, basePath: string) =>
  proxy(name, proxyEndpoint(basePath, preFlow('', step('where')) + noTarget), where);

suite('base paths', {
  files: () => ({
    ...answering('short', '/a'),
    ...answering('long', '/a/b'),
    ...answering('star', '/a/*/c'),
    ...answering('literal', '/a/d/c'),
    ...answering('slash', '/trailing/'),
    ...proxy(
      'two',
      proxyEndpoint('/two/one', preFlow('', step('where')) + noTarget, 'first'),
      proxyEndpoint('/two/two', preFlow('', step('where')) + noTarget, 'second'),
      where,
    ),
  }),
  facts: [
    { name: 'the whole base path', ask: 'GET /a', body: 'short default /a []' },
    { name: 'what follows is the suffix', ask: 'GET /a/x/y?q=1', body: 'short default /a [/x/y]' },
    { name: 'the longest base path wins', ask: 'GET /a/b/x', body: 'long default /a/b [/x]' },
    { name: 'a segment is compared whole', ask: 'GET /a/bc', body: 'short default /a [/bc]' },
    { name: 'a star takes one segment', ask: 'GET /a/z/c/x', body: 'star default /a/*/c [/x]' },
    { name: 'a literal segment beats a star', ask: 'GET /a/d/c/x', body: 'literal default /a/d/c [/x]' },
    { name: 'a slash at the end means nothing', ask: 'GET /trailing/x', body: /^slash .*\[\/x\]$/ },
    { name: 'two endpoints of one proxy', ask: 'GET /two/two/x', body: 'two second /two/two [/x]' },
    {
      name: 'no proxy for the path',
      ask: 'GET /ab?q=1',
      status: 404,
      fault: [
        'messaging.adaptors.http.flow.ApplicationNotFound',
        /^Unable to identify proxy for host: \S+ and url: \/ab/,
      ],
    },
  ],
});

suite('route rules', {
  upstreams: 2,
  files: (first, second) => ({
    ...proxy(
      'routes',
      proxyEndpoint(
        '/routes',
        preFlow(step('choose')) +
          route('first', 'choice = "first"') +
          route('second', 'choice StartsWith "sec"') +
          `<RouteRule name="url"><Condition>choice = "url"</Condition><URL>${first?.url}/by-url</URL></RouteRule>` +
          '<RouteRule name="none"><Condition>choice = "none"</Condition></RouteRule>',
      ),
      targetEndpoint(httpTarget(`${first?.url}/one`), 'first'),
      targetEndpoint(httpTarget(`${second?.url}/two`), 'second'),
      assign('choose', setVariable('choice', '{request.queryparam.to}')),
    ),
  }),
  facts: [
    { name: 'the first rule that holds', ask: 'GET /routes/x?to=first', seen: [{ ask: 'GET /one/x?to=first' }] },
    { name: 'another rule', ask: 'GET /routes/x?to=second', seen: [{ ask: 'GET /two/x?to=second' }] },
    { name: 'a rule with a URL', ask: 'GET /routes/x?to=url', seen: [{ ask: 'GET /by-url/x?to=url' }] },
    {
      name: 'a rule with nothing answers with the request payload',
      ask: { method: 'POST', path: '/routes?to=none', headers: { 'Content-Type': 'text/x', other: 'h' }, body: 'back' },
      headers: { 'Content-Type': 'text/x', other: undefined },
      body: 'back',
      seen: [],
    },
    {
      name: 'no rule holds',
      ask: 'GET /routes?to=nowhere',
      status: 500,
      fault: ['messaging.runtime.RouteFailed', 'Unable to route the message to a Target Endpoint'],
      seen: [],
    },
  ],
});
