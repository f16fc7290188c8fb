import assert from 'node:assert/strict';
import { connect } from 'node:net';
import {
  httpTarget,
  noTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  raiseFault,
  route,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { suite } from '../support/suite.ts';

/** What a server answers to a text sent as it stands, until it closes the connection. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8').on('data', (part: string) => {
      answer += part;
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(answer));
    socket.setTimeout(10_000, () => socket.destroy(new Error(`Not closed after: ${answer}`)));
  });
}

suite('error answers', {
  files: ({ url }) => ({
    ...proxy(
      'errors',
      proxyEndpoint(
        '/errors',
        preFlow(
          step('unresolved', 'request.queryparam.what = "unresolved"') +
            step('bare', 'request.queryparam.what = "bare"') +
            step('script', 'request.queryparam.what = "script"') +
            step('endless', 'request.queryparam.what = "endless"') +
            step('json', 'request.queryparam.what = "json"'),
        ) + noTarget,
      ),
      '<AssignMessage name="unresolved"><Set><Payload>{no.such.variable}</Payload></Set></AssignMessage>',
      '<RaiseFault name="bare"><FaultResponse><Set><StatusCode>418</StatusCode></Set></FaultResponse></RaiseFault>',
      '<Javascript name="script" timeLimit="2000"><Source>throw new Error("from the script");</Source></Javascript>',
      '<Javascript name="endless" timeLimit="100"><Source>while (true) {}</Source></Javascript>',
      '<ExtractVariables name="json"><Source>request</Source><JSONPayload><Variable name="a"><JSONPath>$.a</JSONPath></Variable></JSONPayload></ExtractVariables>',
    ),
    ...proxy(
      'reason',
      proxyEndpoint('/reason', preFlow(step('raise')) + noTarget),
      raiseFault('raise', 429, 'slow down'),
    ),
    ...proxy('target', proxyEndpoint('/target', route()), targetEndpoint(httpTarget(url))),
  }),
  facts: [
    {
      name: 'an unresolved variable is named',
      ask: 'GET /errors?what=unresolved',
      status: 500,
      fault: ['steps.assignmessage.UnresolvedVariable', /no\.such\.variable/],
    },
    {
      name: 'a fault without a payload',
      ask: 'GET /errors?what=bare',
      status: 418,
      fault: ['steps.raisefault.RaiseFault', 'Raising fault. Fault name : bare'],
    },
    {
      name: 'a script that throws',
      ask: 'GET /errors?what=script',
      status: 500,
      fault: ['steps.javascript.ScriptExecutionFailed', /^Execution of script failed .*from the script/],
    },
    {
      name: 'a script that never ends',
      ask: 'GET /errors?what=endless',
      status: 500,
      fault: ['steps.javascript.ScriptExecutionFailed', /100 ?ms/],
    },
    {
      name: 'a payload that cannot be read',
      ask: {
        method: 'POST',
        path: '/errors?what=json',
        headers: { 'Content-Type': 'application/json' },
        body: '{"a": ',
      },
      status: 500,
      fault: 'steps.extractvariables.ExecutionFailed',
    },
    {
      name: 'the usual reason phrase',
      ask: 'GET /reason',
      status: 429,
      reason: 'Too Many Requests',
      body: 'slow down',
    },
  ],
  also: {
    'nothing of the machine is told': async (gateway) => {
      for (const what of ['unresolved', 'bare', 'script', 'endless', 'json']) {
        const text = await raw(
          gateway.port,
          `GET /errors?what=${what} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
        );
        assert.doesNotMatch(text, /node:|node_modules|\/dist\/|\/tmp\/|\.ts\b|\bat \w+ \(/, text);
      }
    },
    'what is not HTTP is refused, and the server goes on': async (gateway) => {
      assert.match(await raw(gateway.port, 'nonsense\r\n\r\n'), /^HTTP\/1\.1 400 /);
      assert.match(
        await raw(gateway.port, 'GET /reason HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
        /^HTTP\/1\.1 429 /,
      );
    },
    'two lengths are refused: where a request ends must be beyond doubt': async (gateway, [upstream]) => {
      const text =
        'POST /target HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
      assert.match(await raw(gateway.port, text), /^HTTP\/1\.1 400 /);
      assert.equal(upstream?.seen.length, 0);
    },
  },
});
