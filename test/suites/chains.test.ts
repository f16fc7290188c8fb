import assert from 'node:assert/strict';
import {
  assign,
  faultRule,
  httpTarget,
  localPath,
  localTarget,
  noTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  raiseFault,
  route,
  setHeaders,
  setPayload,
  setVariable,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { call } from '../support/gateway.ts';
import { suite } from '../support/suite.ts';

const tell = assign(
  'tell',
  setPayload(
    '{request.verb} {request.uri} [{proxy.pathsuffix}] chain={proxy.chain} depth={proxy.chain.depth} local={client.local} ip={client.ip} secret={secret} h={request.header.h} body={request.content}',
  ),
);
const front = (name: string, connection: string, request = '', ...policies: readonly string[]) =>
  proxy(
    name,
    proxyEndpoint(`/${name}`, preFlow(step('secret')) + route()),
    targetEndpoint(preFlow(request) + connection),
    assign('secret', setVariable('secret', 'not for others')),
    ...policies,
  );

const forged = {
  'X-Forwarded-For': '127.0.0.1',
  'True-Client-IP': '127.0.0.1',
  Forwarded: 'for=127.0.0.1',
  'client.local': 'true',
  'X-Apigee-Client-Local': 'true',
  'X-Apigee-Proxy-Chain': 'front',
  'proxy.chain': 'front',
};

suite('chains', {
  files: ({ url }) => ({
    ...proxy('leaf', proxyEndpoint('/leaf/base', preFlow('', step('tell')) + noTarget), tell),
    ...front('by-name', localTarget('leaf')),
    ...front('by-path', localPath('/leaf/base')),
    ...front('by-longer-path', localPath('/leaf/base/more?own=1')),
    ...front('by-template', localTarget('{request.queryparam.proxy}')),
    ...front('twice', localTarget('by-name')),
    ...front(
      'no-suffix',
      localTarget('leaf'),
      step('off'),
      assign('off', setVariable('target.copy.pathsuffix', 'false') + setVariable('target.copy.queryparams', 'false')),
    ),
    ...front(
      'own-url',
      localTarget('leaf'),
      step('url'),
      assign('url', setVariable('target.url', '{target.url}/set/here?by=policy')),
    ),
    ...front(
      'forging',
      localTarget('leaf'),
      step('forge'),
      assign(
        'forge',
        ['client.local', 'proxy.chain', 'proxy.chain.depth', 'client.ip']
          .map((name) => setVariable(name, 'forged'))
          .join('') + setHeaders({ h: 'set by the caller' }),
      ),
    ),
    ...proxy(
      'forging-leaf',
      proxyEndpoint('/forging-leaf', preFlow(step('forge'), step('tell')) + noTarget),
      assign('forge', setVariable('client.local', 'true') + setVariable('proxy.chain', 'front')),
      tell,
    ),
    ...proxy(
      'scripted-leaf',
      proxyEndpoint('/scripted-leaf', preFlow(step('script') + step('extract'), step('tell')) + noTarget),
      '<Javascript name="script" timeLimit="2000"><Source>context.setVariable("client.local", true); context.setVariable("proxy.chain", "front");</Source></Javascript>',
      '<ExtractVariables name="extract" continueOnError="true"><Source>request</Source><VariablePrefix>client</VariablePrefix><QueryParam name="local"><Pattern>{local}</Pattern></QueryParam></ExtractVariables>',
      tell,
    ),
    ...front('to-nowhere', localTarget('nowhere')),
    ...front('to-no-path', localPath('/no/such/path')),
    ...proxy(
      'broken-leaf',
      proxyEndpoint('/broken-leaf', preFlow(step('raise')) + noTarget),
      raiseFault('raise', 409, 'raised in the leaf'),
    ),
    ...front('to-broken', localTarget('broken-leaf')),
    ...proxy(
      'handles',
      proxyEndpoint('/handles', route()),
      targetEndpoint(
        `<FaultRules>${faultRule('a', 'fault.name = "ErrorResponseCode"', step('handled'))}</FaultRules>${localTarget('broken-leaf')}`,
      ),
      assign('handled', setPayload('handled {error.status.code}')),
    ),
    ...proxy(
      'success-codes',
      proxyEndpoint('/success-codes', preFlow('', step('seen')) + route()),
      targetEndpoint(
        '<LocalTargetConnection><APIProxy>broken-leaf</APIProxy><Properties><Property name="success.codes">2xx,409</Property></Properties></LocalTargetConnection>',
      ),
      assign('seen', setHeaders({ 'X-Response-Flow': 'ran' })),
    ),
    ...proxy('to-http', proxyEndpoint('/to-http', route()), targetEndpoint(httpTarget(`${url}/api`))),
    ...front('through', localTarget('to-http')),
    ...proxy(
      'callout',
      proxyEndpoint('/callout', preFlow(step('call'), step('answer')) + noTarget),
      '<ServiceCallout name="call"><Request><Set><Verb>POST</Verb><Payload contentType="text/plain">from the callout</Payload></Set></Request><Response>leafResponse</Response><LocalTargetConnection><Path>/leaf/base/called</Path></LocalTargetConnection></ServiceCallout>',
      assign('answer', setPayload('{leafResponse.status.code} {leafResponse.content}')),
    ),
  }),
  facts: [
    {
      name: 'by name: base path of the called, suffix and query of the caller',
      ask: 'GET /by-name/x/y?q=1',
      body: /^GET \/leaf\/base\/x\/y\?q=1 \[\/x\/y\] chain=by-name depth=1 local=true ip=127\.0\.0\.1 /,
      seen: [],
    },
    {
      name: 'by path',
      ask: 'GET /by-path/x?q=1',
      body: /^GET \/leaf\/base\/x\?q=1 \[\/x\] chain=by-path depth=1 local=true /,
    },
    {
      name: 'by a path longer than the base path, with a query of its own',
      ask: 'GET /by-longer-path/x?q=1',
      body: /^GET \/leaf\/base\/more\/x\?own=1&q=1 \[\/more\/x\] /,
    },
    { name: 'the name may be a template', ask: 'GET /by-template?proxy=leaf', body: /chain=by-template depth=1/ },
    { name: 'chains nest', ask: 'GET /twice/x', body: /\[\/x\] chain=twice,by-name depth=2 local=true/ },
    { name: 'called from outside there is no chain', ask: 'GET /leaf/base', body: / chain= depth=0 local=false / },
    { name: 'suffix and query can be left out', ask: 'GET /no-suffix/x?q=1', body: /^GET \/leaf\/base \[\] / },
    {
      name: 'target.url can be set',
      ask: 'GET /own-url/x?q=1',
      body: /^GET \/leaf\/base\/set\/here\?by=policy \[\/set\/here\] /,
    },
    { name: 'variables of the caller are its own', ask: 'GET /by-name', body: / secret= / },
    {
      name: 'verb, headers and payload arrive as the caller left them',
      ask: { method: 'PUT', path: '/by-name', headers: { h: 'kept' }, body: 'the payload' },
      body: /^PUT .* h=kept body=the payload$/,
    },
    {
      name: 'policies of the caller cannot forge what the called sees',
      ask: 'GET /forging',
      body: / chain=forging depth=1 local=true ip=127\.0\.0\.1 .* h=set by the caller /,
    },
    {
      name: 'policies of the called cannot either',
      ask: 'GET /forging-leaf',
      body: / chain= depth=0 local=false /,
    },
    {
      name: 'nor can scripts and extracted variables',
      ask: 'GET /scripted-leaf?local=true',
      body: / chain= depth=0 local=false /,
    },
    {
      name: 'nor can headers from outside',
      ask: { path: '/leaf/base', headers: forged },
      body: / chain= depth=0 local=false /,
    },
    {
      name: 'headers from outside change nothing in a chain',
      ask: { path: '/by-name', headers: forged },
      body: / chain=by-name depth=1 local=true /,
    },
    {
      name: 'a proxy that is not there is named',
      ask: 'GET /to-nowhere',
      status: 404,
      fault: ['messaging.adaptors.http.flow.ApplicationNotFound', /"nowhere"/],
    },
    {
      name: 'so is a path that nobody serves',
      ask: 'GET /to-no-path',
      status: 404,
      fault: ['messaging.adaptors.http.flow.ApplicationNotFound', /\/no\/such\/path/],
    },
    { name: 'an error of the called passes through', ask: 'GET /to-broken', status: 409, body: 'raised in the leaf' },
    { name: 'or is handled as an error of the target', ask: 'GET /handles', status: 409, body: 'handled 409' },
    {
      name: 'or is no error, by success.codes',
      ask: 'GET /success-codes',
      status: 409,
      headers: { 'X-Response-Flow': 'ran' },
      body: 'raised in the leaf',
    },
    { name: 'the end of a chain may speak HTTP', ask: 'GET /through/x?q=1', seen: [{ ask: 'GET /api/x?q=1' }] },
    {
      name: 'a callout is part of the chain',
      ask: 'GET /callout',
      body: /^200 POST \/leaf\/base\/called \[\/called\] chain=callout depth=1 local=true .* body=from the callout$/,
      seen: [],
    },
  ],
  also: {
    'calls at the same time do not mix': async (gateway) => {
      const bodies = await Promise.all(
        Array.from({ length: 60 }, async (_, index) => {
          const path = index % 2 === 0 ? `/twice/${index}` : `/by-path/${index}`;
          const { text } = await call(gateway.port, {
            method: 'PUT',
            path,
            headers: { h: `h${index}` },
            body: `b${index}`,
          });
          return text;
        }),
      );
      for (const [index, body] of bodies.entries()) {
        assert.match(body, new RegExp(`\\[/${index}\\] .* h=h${index} body=b${index}$`));
      }
    },
  },
});
