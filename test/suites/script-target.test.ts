import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { zipSync } from 'fflate';
import {
  assign,
  bundleTree,
  preFlow,
  proxy,
  proxyEndpoint,
  route,
  setHeaders,
  setVariable,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { call, runCommand, startGateway } from '../support/gateway.ts';

const application = `
var http = require('http');
var apigee = require('apigee-access');
var greet = require('greet');
console.log('application starts');
http.createServer(function (request, response) {
  if (request.url === '/crash') process.exit(3);
  if (request.url === '/memory') { var all = []; for (;;) all.push(new Array(100000).fill(all.length)); }
  var who = apigee.getVariable(request, 'who');
  apigee.setVariable(request, 'seen', who + '!');
  apigee.setIntVariable(request, 'count', '4.7');
  response.writeHead(201, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({
    url: request.url, greet: greet(who), proxy: apigee.getVariable(request, 'apiproxy.name'),
    argv: process.argv.slice(2), color: process.env.COLOR, secret: process.env.ZEROHOP_TEST_SECRET,
    own: require('./lib/own.js'), leaked: Object.keys(request.headers).filter(function (name) { return /zerohop/.test(name); }),
  }));
}).listen(process.env.PORT || 8080);
`;

async function bundles(): Promise<string> {
  const folder = await bundleTree(
    proxy(
      'node-app',
      proxyEndpoint('/node', preFlow(step('who'), step('tell')) + route()),
      targetEndpoint(
        `<ScriptTarget><ResourceURL>node://app.js</ResourceURL>
          <EnvironmentVariables><EnvironmentVariable name="COLOR">green</EnvironmentVariable></EnvironmentVariables>
          <Arguments><Argument>-a</Argument><Argument>b c</Argument></Arguments></ScriptTarget>`,
      ),
      assign('who', setVariable('who', 'Ada')),
      assign('tell', setHeaders({ 'X-Seen': '{seen} {count}' })),
    ),
  );
  const node = join(folder, 'node-app/apiproxy/resources/node');
  await mkdir(join(node, 'lib'), { recursive: true });
  await writeFile(join(node, 'app.js'), application);
  await writeFile(join(node, 'lib/own.js'), "module.exports = 'own file';");
  const module = "module.exports = function (name) { return 'hello ' + name; };";
  await writeFile(join(node, 'node_modules.zip'), zipSync({ 'node_modules/greet/index.js': Buffer.from(module) }));
  return folder;
}

test('a Node.js application of a bundle', async (t) => {
  const folder = await bundles();
  process.env.ZEROHOP_TEST_SECRET = 'not for applications';
  const gateway = await startGateway(folder, ['--allow-script-targets']);
  const ask = (path: string) => call(gateway.port, { path, headers: { 'X-Zerohop-Variables': 'W10=' } });

  await t.test('answers, with its arguments, modules and flow variables', async () => {
    const { status, text, headers } = await ask('/node/more?q=1');
    assert.equal(status, 201, gateway.logs());
    assert.deepEqual(JSON.parse(text), {
      url: '/more?q=1',
      greet: 'hello Ada',
      proxy: 'node-app',
      argv: ['-a', 'b c'],
      color: 'green',
      own: 'own file',
      leaked: [],
    });
    assert.equal(headers['x-seen'], 'Ada! 4');
    assert.equal(headers['x-zerohop-variables'], undefined);
    // Lines of the log are written in batches.
    for (let tries = 0; tries < 100 && !gateway.logs().includes('application starts'); tries++) await sleep(50);
    assert.match(gateway.logs(), /application starts/);
  });

  for (const path of ['/node/crash', '/node/memory']) {
    await t.test(`is started again after ${path}`, async () => {
      assert.ok((await ask(path)).status >= 500);
      let status = 0;
      for (let tries = 0; tries < 200 && status !== 201; tries++) {
        status = (await ask('/node')).status;
        if (status !== 201) await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.equal(status, 201, gateway.logs());
    });
  }

  await t.test('goes with the server', async () => {
    assert.equal(await gateway.stop(), 0);
  });
});

test('without leave it is not run', async () => {
  const folder = await bundles();
  const { port, logs } = await startGateway(folder);
  assert.equal((await call(port, { path: '/node' })).status, 500);
  assert.match(logs(), /ZH038[\s\S]*--allow-script-targets/);
  assert.match((await runCommand('validate', folder)).stdout, /ZH038/);
});

test('an application that is not there is a mistake', async () => {
  const target = targetEndpoint('<ScriptTarget><ResourceURL>node://none.js</ResourceURL></ScriptTarget>');
  const folder = await bundleTree({
    ...proxy('lost', proxyEndpoint('/lost', route()), target),
    ...proxy('fine', proxyEndpoint('/fine', '<RouteRule name="none"/>')),
  });
  const { logs } = await startGateway(folder, ['--allow-script-targets']);
  assert.match(logs(), /ZH666/);
});
