import {
  assign,
  flow,
  httpTarget,
  noTarget,
  postFlow,
  preFlow,
  proxy,
  proxyEndpoint,
  raiseFault,
  route,
  setHeaders,
  setPayload,
  setVariable,
  sharedFlow,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { suite } from '../support/suite.ts';

/** A policy that writes its name into the trail. */
const mark = (name: string) => assign(name, setVariable('trail', `{trail}${name} `));
const show = assign('show', setHeaders({ 'X-Trail': '{trail}' }));
const flows = (prefix: string) =>
  preFlow(step(`${prefix}1`), step(`${prefix}4`)) +
  `<Flows>${flow('one', 'request.header.flow = "one"', step(`${prefix}2`), step(`${prefix}5`))}` +
  `${flow('other', undefined, step(`${prefix}x`), step(`${prefix}y`))}</Flows>`;
const marks = ['p', 't'].flatMap((prefix) => ['1', '2', '3', '4', '5', '6', 'x', 'y'].map((n) => mark(prefix + n)));

suite('the order of flows', {
  files: ({ url }) => ({
    ...proxy(
      'order',
      proxyEndpoint('/order', flows('p') + postFlow(step('p3'), step('p6') + step('show')) + route()),
      targetEndpoint(flows('t') + postFlow(step('t3'), step('t6')) + httpTarget(`${url}/echo`)),
      ...marks,
      show,
    ),
    ...proxy(
      'null-route',
      proxyEndpoint('/null', preFlow(step('p1'), step('p4')) + postFlow('', step('show')) + noTarget),
      targetEndpoint(preFlow(step('t1'), step('t4')) + httpTarget(url)),
      ...marks.filter((xml) => /"[pt][14]"/.test(xml)),
      show,
    ),
    ...proxy(
      'steps',
      proxyEndpoint(
        '/steps',
        preFlow(
          step('off') +
            step('never', 'request.verb = "PUT"') +
            step('failing') +
            step('after', 'assignmessage.failing.failed = true'),
          step('show'),
        ) + noTarget,
      ),
      '<AssignMessage name="off" enabled="false"><Set><Payload>{nothing}</Payload></Set></AssignMessage>',
      '<AssignMessage name="failing" continueOnError="true"><Set><Payload>{nothing}</Payload></Set></AssignMessage>',
      mark('never'),
      mark('after'),
      show,
    ),
    ...proxy(
      'response-flow',
      proxyEndpoint(
        '/response-flow',
        `<Flows>${flow('bad', 'response.status.code = 404', '', step('bad'))}${flow('good', 'response.status.code = 200', '', step('good'))}</Flows>${route()}`,
      ),
      targetEndpoint(httpTarget(`${url}/status`, { 'success.codes': '2xx,4xx' })),
      assign('bad', setPayload('the response flow saw 404')),
      assign('good', setPayload('the response flow saw 200')),
    ),
  }),
  facts: [
    {
      name: 'PreFlow, the flow that matches, PostFlow; proxy before target, and back again',
      ask: { path: '/order', headers: { flow: 'one' } },
      headers: { 'X-Trail': 'p1 p2 p3 t1 t2 t3 t4 t5 t6 p4 p5 p6' },
      seen: [{}],
    },
    {
      name: 'a flow without a condition, last, takes what is left',
      ask: 'GET /order',
      headers: { 'X-Trail': 'p1 px p3 t1 tx t3 t4 ty t6 p4 py p6' },
    },
    {
      name: 'a null route skips the target and its flows',
      ask: 'GET /null',
      headers: { 'X-Trail': 'p1 p4' },
      seen: [],
    },
    {
      name: 'disabled steps and steps whose condition fails do not run; a failing one may go on',
      ask: 'GET /steps',
      headers: { 'X-Trail': 'after' },
    },
    { name: 'flows are chosen anew for the response (200)', ask: 'GET /response-flow/200', body: /saw 200/ },
    {
      name: 'flows are chosen anew for the response (404)',
      ask: 'GET /response-flow/404',
      status: 404,
      body: /saw 404/,
    },
  ],
});

suite('shared flows and flow hooks', {
  files: ({ url }) => ({
    ...sharedFlow('before', step('m'), assign('m', setVariable('trail', '{trail}before '))),
    ...sharedFlow('toTarget', step('m'), assign('m', setVariable('trail', '{trail}toTarget '))),
    ...sharedFlow('fromTarget', step('m'), assign('m', setVariable('trail', '{trail}fromTarget '))),
    ...sharedFlow(
      'after',
      step('show') + step('forbid', 'request.header.forbid = "yes"'),
      assign('show', setHeaders({ 'X-Trail': '{trail}after', 'X-Hook': '{apigee.edge.flowhook.name}' })),
      raiseFault('forbid', 403, 'the hook forbids it'),
    ),
    ...sharedFlow(
      'greet',
      step('m') + step('inner', 'deeper = "yes"') + step('fail', 'deeper = "fail"'),
      assign('m', setVariable('greeting', 'Hello {name}, from {apigee.edge.sharedflow.name}')),
      '<FlowCallout name="inner"><SharedFlowBundle>inner</SharedFlowBundle></FlowCallout>',
      raiseFault('fail', 418, 'raised in a shared flow'),
    ),
    ...sharedFlow('inner', step('m'), assign('m', setVariable('greeting', '{greeting}, and deeper'))),
    'environments/local/flowhooks.json': JSON.stringify({
      PreProxyFlowHook: { sharedFlow: 'before', continueOnError: false },
      PreTargetFlowHook: { sharedFlow: 'toTarget', continueOnError: false },
      PostTargetFlowHook: { sharedFlow: 'fromTarget', continueOnError: false },
      PostProxyFlowHook: { sharedFlow: 'after', continueOnError: false },
    }),
    ...proxy(
      'hooked',
      proxyEndpoint('/hooked', preFlow(step('p'), step('q')) + route()),
      targetEndpoint(preFlow(step('t'), step('u')) + httpTarget(url)),
      ...['p', 'q', 't', 'u'].map(mark),
    ),
    ...proxy(
      'caller',
      proxyEndpoint('/caller', preFlow(step('copy') + step('call'), step('answer')) + noTarget),
      assign('copy', setVariable('deeper', '{request.queryparam.deeper}') + setVariable('name', 'nobody')),
      '<FlowCallout name="call"><SharedFlowBundle>greet</SharedFlowBundle><Parameters><Parameter name="name">{request.queryparam.name}</Parameter></Parameters></FlowCallout>',
      assign('answer', setPayload('{greeting}; afterwards name is {name}')),
    ),
    ...proxy(
      'lost',
      proxyEndpoint('/lost', preFlow(step('call')) + noTarget),
      '<FlowCallout name="call"><SharedFlowBundle>nowhere</SharedFlowBundle></FlowCallout>',
    ),
  }),
  facts: [
    {
      name: 'the four hooks run around the flows of a proxy',
      ask: 'GET /hooked',
      headers: { 'X-Trail': 'before p toTarget t u fromTarget q after', 'X-Hook': 'PostProxyFlowHook' },
    },
    {
      name: 'without a target the target hooks do not run',
      ask: 'GET /caller?name=Ada',
      headers: { 'X-Trail': 'before after' },
    },
    { name: 'a fault in a hook is the answer', ask: { path: '/hooked', headers: { forbid: 'yes' } }, status: 403 },
    {
      name: 'parameters exist while the shared flow runs, and no longer',
      ask: 'GET /caller?name=Ada',
      body: 'Hello Ada, from greet; afterwards name is nobody',
    },
    {
      name: 'shared flows call shared flows',
      ask: 'GET /caller?name=Ada&deeper=yes',
      body: /^Hello Ada, from greet, and deeper;/,
    },
    {
      name: 'a fault in a shared flow is a fault of its caller',
      ask: 'GET /caller?deeper=fail',
      status: 418,
      body: 'raised in a shared flow',
    },
    {
      name: 'a shared flow that is not there is a fault when it is called',
      ask: 'GET /lost',
      status: 500,
      fault: ['flow.SharedFlowNotFound', /nowhere/],
    },
  ],
});
