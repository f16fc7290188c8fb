import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { it } from 'node:test';
import { bundleTree } from '../support/bundle-tree.ts';
import { zipOf } from '../support/deployments.ts';
import { call, type Gateway, startGateway } from '../support/gateway.ts';
import { versioned, versionedFront } from '../support/versions.ts';

const connections = 16;
const swaps = 100;

it(`${swaps} swaps under load of ${connections} connections fail no request and mix no answer`, async () => {
  const gateway = await startGateway(
    await bundleTree({ ...versioned('back', 0), ...versionedFront('front', 'back', 0) }),
  );
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const seen = new Set<string>();
  const wrong: string[] = [];
  let sent = 0;
  let swapping = true;
  let closed = 0;
  const load = async (): Promise<void> => {
    while (swapping) {
      const answer = await ask(agent, gateway.port);
      sent++;
      if (!answer.reused) closed++;
      const { front, back, body } = answer;
      if (answer.status !== 200 || front !== back || back !== body) wrong.push(JSON.stringify(answer));
      else seen.add(body);
    }
  };
  const clients = Array.from({ length: connections }, load);
  for (let version = 1; version <= swaps; version++) {
    if (version % 10 === 0) {
      const refused = await deploy(
        gateway,
        contract(version, (xml) => xml.replaceAll('</', '<')),
      );
      assert.equal(refused.status, 400, refused.text);
    }
    const deployed = await deploy(gateway, contract(version));
    assert.equal(deployed.status, 200, deployed.text);
  }
  swapping = false;
  await Promise.all(clients);
  const last = await ask(agent, gateway.port);
  sent++;
  agent.destroy();
  assert.deepEqual(wrong, []);
  assert.equal(last.body, String(swaps));
  assert.ok(seen.size > 1, 'no request was answered while versions were swapped');
  // Each connection was opened once and never closed by a swap.
  assert.equal(closed, connections);
  // Each request is one call of the proxy in front and one of the proxy behind it.
  assert.deepEqual(await counted(gateway), { 'front external': sent, 'back local': sent });
  assert.equal(await gateway.stop(), 0);
});

function deploy(gateway: Gateway, zip: Uint8Array): ReturnType<typeof call> {
  return call(gateway.managementPort, {
    method: 'POST',
    path: '/v1/emulator/deploy?environment=local',
    headers: { 'Content-Type': 'application/octet-stream' },
    body: Buffer.from(zip),
  });
}

/** Calls by proxy and caller, as the metrics give them. */
async function counted(gateway: Gateway): Promise<Record<string, number>> {
  const { text } = await call(gateway.managementPort, { path: '/metrics' });
  const lines = text.matchAll(/^zerohop_proxy_requests_total\{proxy="(\w+)".*caller="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...lines].map(([, proxy, caller, count]) => [`${proxy} ${caller}`, Number(count)]));
}

function contract(version: number, change: (xml: string) => string = (xml) => xml): Uint8Array {
  const files = { ...versioned('back', version), ...versionedFront('front', 'back', version) };
  const paths = Object.entries(files).map(([path, text]) => [`src/main/apigee/apiproxies/${path}`, change(text)]);
  const list = '{"proxies":["front","back"]}';
  return zipOf({ ...Object.fromEntries(paths), 'src/main/apigee/environments/local/deployments.json': list });
}

interface Seen {
  readonly status: number | undefined;
  readonly front: string | undefined;
  readonly back: string | undefined;
  readonly body: string;
  readonly reused: boolean;
}

function ask(agent: Agent, port: number): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path: '/front', agent }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('error', reject);
      response.on('end', () => {
        const one = (name: string): string | undefined => response.headers[name]?.toString();
        const reused = sent.reusedSocket;
        resolve({ status: response.statusCode, front: one('x-front'), back: one('x-back'), body, reused });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}
