import {
  assign,
  faultRule,
  httpTarget,
  noTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  raiseFault,
  route,
  setHeaders,
  setPayload,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { suite } from '../support/suite.ts';

const say = (name: string) => assign(name, setHeaders({ 'X-Handled-By': name }));
const failing = '<AssignMessage name="failing"><Set><Payload>{nothing}</Payload></Set></AssignMessage>';
const rules = (inner: string) => `<FaultRules>${inner}</FaultRules>`;
const defaultRule = (name: string, always = false) =>
  `<DefaultFaultRule name="d">${step(name)}<AlwaysEnforce>${always}</AlwaysEnforce></DefaultFaultRule>`;

suite('fault rules', {
  files: ({ url }) => ({
    ...proxy(
      'proxy-rules',
      proxyEndpoint(
        '/proxy-rules',
        rules(
          faultRule('a', 'fault.name = "UnresolvedVariable"', step('first')) +
            faultRule('b', 'fault.name = "UnresolvedVariable" and request.queryparam.last = "yes"', step('last')),
        ) +
          defaultRule('default') +
          preFlow(
            step('failing', 'request.queryparam.fail = "policy"') + step('raise', 'request.queryparam.fail = "raise"'),
          ) +
          noTarget,
      ),
      failing,
      raiseFault('raise', 409, 'raised'),
      ...['first', 'last', 'default'].map(say),
    ),
    ...proxy(
      'target-rules',
      proxyEndpoint('/target-rules', rules(faultRule('proxy', undefined, step('proxy'))) + route()),
      targetEndpoint(
        rules(
          faultRule('a', 'error.status.code = 503', step('first')) +
            faultRule('b', 'fault.name = "ErrorResponseCode"', step('second') + step('tell')),
        ) + httpTarget(`${url}/status`),
      ),
      ...['proxy', 'first', 'second'].map(say),
      assign('tell', setPayload('{fault.name} {error.status.code} {is.error}')),
    ),
    ...proxy(
      'always',
      proxyEndpoint(
        '/always',
        rules(faultRule('a', 'request.queryparam.rule = "yes"', step('rule'))) +
          defaultRule('default', true) +
          preFlow(step('failing')) +
          noTarget,
      ),
      failing,
      assign('rule', setPayload('the rule')),
      say('default'),
    ),
    ...proxy(
      'second-fault',
      proxyEndpoint(
        '/second-fault',
        rules(faultRule('a', undefined, step('raise') + step('never'))) + preFlow(step('failing')) + noTarget,
      ),
      failing,
      raiseFault('raise', 422, 'raised in a rule'),
      say('never'),
    ),
    ...proxy('plain', proxyEndpoint('/plain', route()), targetEndpoint(httpTarget(`${url}/status`))),
  }),
  facts: [
    {
      name: 'a proxy endpoint takes the last rule that holds',
      ask: 'GET /proxy-rules?fail=policy&last=yes',
      status: 500,
      headers: { 'X-Handled-By': 'last' },
      fault: 'steps.assignmessage.UnresolvedVariable',
    },
    {
      name: 'a rule whose condition fails is passed over',
      ask: 'GET /proxy-rules?fail=policy',
      status: 500,
      headers: { 'X-Handled-By': 'first' },
    },
    {
      name: 'the default rule is for what no rule took',
      ask: 'GET /proxy-rules?fail=raise',
      status: 409,
      headers: { 'X-Handled-By': 'default' },
      body: 'raised',
    },
    { name: 'without a fault no rule runs', ask: 'GET /proxy-rules', headers: { 'X-Handled-By': undefined } },
    {
      name: 'a target endpoint takes the first rule that holds',
      ask: 'GET /target-rules/503',
      status: 503,
      headers: { 'X-Handled-By': 'first' },
    },
    {
      name: 'an error of the target is the business of its endpoint alone',
      ask: 'GET /target-rules/404',
      status: 404,
      headers: { 'X-Handled-By': 'second' },
      body: 'ErrorResponseCode 404 true',
    },
    {
      name: 'a default rule that is always enforced runs in addition',
      ask: 'GET /always?rule=yes',
      status: 500,
      headers: { 'X-Handled-By': 'default' },
      body: 'the rule',
    },
    {
      name: 'a fault in a rule replaces the first and ends the rule',
      ask: 'GET /second-fault',
      status: 422,
      headers: { 'X-Handled-By': undefined },
      body: 'raised in a rule',
    },
    {
      name: 'an unhandled error of the target passes through',
      ask: 'GET /plain/404',
      status: 404,
      headers: { 'X-Upstream': 'upstream0' },
      json: { name: 'upstream0', method: 'GET', url: '/status/404', body: 0 },
    },
  ],
});
