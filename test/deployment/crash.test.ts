import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { bundleTree } from '../support/bundle-tree.ts';
import { zipOf } from '../support/deployments.ts';
import { type Answer, call, type Gateway, startGateway } from '../support/gateway.ts';
import { Random } from '../support/random.ts';
import { versioned } from '../support/versions.ts';

const kills = 15;
const flushMilliseconds = 50;
const organization = '/v1/organizations/o';

/** What was acknowledged over all lives of the server, and what was asked and may have happened. */
interface Account {
  /** Version by revision, of imports that were answered. */
  readonly revisions: Map<number, number>;
  /** Version of the last deployment that was answered. */
  deployed: number;
  /** Versions that were about to be deployed since then. */
  readonly tried: Set<number>;
  readonly entries: Map<string, string>;
  version: number;
  /** Calls that were sent in this life, and those that were counted before it. */
  sent: number;
  counted: number;
  /** Calls that were answered in this life long before it ended. */
  settled: number;
}

it(`after each of ${kills} kills everything acknowledged is there, and nothing half-written serves`, async () => {
  const random = new Random(4);
  const folder = await bundleTree(versioned('kept', 0));
  const data = await mkdtemp(join(tmpdir(), 'zerohop-crash-'));
  after(() => rm(data, { recursive: true, force: true }));
  const options = [
    '--store',
    `lmdb:${data}/store`,
    '--count-flush',
    `${flushMilliseconds}ms`,
    '--revisions-kept',
    '10000',
  ];
  const account: Account = {
    revisions: new Map(),
    deployed: 0,
    tried: new Set(),
    entries: new Map(),
    version: 0,
    sent: 0,
    counted: 0,
    settled: 0,
  };
  const first = await startGateway(folder, options);
  await post(first, `${organization}/environments/local/keyvaluemaps`, { name: 'm', encrypted: false });
  let gateway = first;
  for (let kill = 0; kill < kills; kill++) {
    await settle(gateway, account);
    const before = account.revisions.size + account.entries.size;
    const lives = work(gateway, account);
    await new Promise((resolve) => setTimeout(resolve, random.below(400)));
    // On a machine that is busy, as long as it takes to get something done at all.
    for (let tries = 0; tries < 400 && account.revisions.size + account.entries.size < before + 4; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await gateway.stop('SIGKILL');
    await lives;
    gateway = await startGateway(folder, options);
    await compare(gateway, account);
  }
  assert.ok(account.revisions.size > kills && account.entries.size > kills, 'hardly anything was deployed');
  await settle(gateway, account);
  assert.equal(await gateway.stop(), 0);
  const calls = account.counted + account.sent;
  gateway = await startGateway(folder, options);
  assert.equal(await countOf(gateway), calls, 'a normal stop loses no count');
  await gateway.stop();
});

/** A deployment, and calls that are written down long before the server is killed. */
async function settle(gateway: Gateway, account: Account): Promise<void> {
  for (let index = 0; index < 20; index++) {
    account.sent++;
    await call(gateway.port, { path: '/kept' });
    account.settled++;
  }
  await deployNext(gateway, account);
  await new Promise((resolve) => setTimeout(resolve, 10 * flushMilliseconds));
}

/** Deploys, writes and calls until the server is gone. */
async function work(gateway: Gateway, account: Account): Promise<void> {
  await Promise.all([
    untilGone(() => deployNext(gateway, account)),
    untilGone(() => writeNext(gateway, account)),
    untilGone(() => callNext(gateway, account)),
  ]);
}

async function untilGone(step: () => Promise<void>): Promise<void> {
  try {
    for (;;) await step();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ECONNRESET' && code !== 'ECONNREFUSED' && code !== 'EPIPE') throw error;
  }
}

async function deployNext(gateway: Gateway, account: Account): Promise<void> {
  const version = ++account.version;
  const imported = await call(gateway.managementPort, {
    method: 'POST',
    path: `${organization}/apis?action=import&name=kept`,
    headers: { 'Content-Type': 'application/octet-stream' },
    body: Buffer.from(zipOf(versioned('kept', version))),
  });
  assert.ok(imported.status < 300, imported.text);
  const revision = Number((JSON.parse(imported.text) as { revision: string }).revision);
  account.revisions.set(revision, version);
  account.tried.add(version);
  await post(gateway, `${organization}/environments/local/apis/kept/revisions/${revision}/deployments?override=true`);
  account.deployed = version;
  account.tried.clear();
}

async function writeNext(gateway: Gateway, account: Account): Promise<void> {
  const name = `key${account.entries.size}`;
  const value = `${name} ${account.version}`;
  const path = `${organization}/environments/local/keyvaluemaps/m/entries`;
  const answer = await send(gateway, path, { name, value });
  // One that the last life wrote without being able to say so.
  if (answer.status !== 409) assert.ok(answer.status < 300, answer.text);
  const stored = answer.status === 409 ? await entryOf(gateway, name) : value;
  account.entries.set(name, stored);
}

async function callNext(gateway: Gateway, account: Account): Promise<void> {
  account.sent++;
  versionOf(await call(gateway.port, { path: '/kept' }));
}

async function compare(gateway: Gateway, account: Account): Promise<void> {
  const count = await countOf(gateway);
  assert.ok(
    count >= account.counted + account.settled,
    `${count} of at least ${account.counted + account.settled} calls`,
  );
  assert.ok(count <= account.counted + account.sent, `${count} of at most ${account.counted + account.sent} calls`);
  Object.assign(account, { counted: count, sent: 1, settled: 0 });
  const version = versionOf(await call(gateway.port, { path: '/kept' }));
  const possible = [account.deployed, ...account.tried];
  assert.ok(possible.includes(version), `version ${version} serves, not one of ${possible}`);
  Object.assign(account, { deployed: version });
  account.tried.clear();
  const revisions = await get(gateway, `${organization}/apis/kept/revisions`);
  const known = new Set((revisions as readonly string[]).map(Number));
  assert.deepEqual(
    [...account.revisions.keys()].filter((revision) => !known.has(revision)),
    [],
  );
  for (const [name, value] of account.entries) assert.equal(await entryOf(gateway, name), value);
}

/** The version that all parts of an answer agree on. */
function versionOf(answer: Answer): number {
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers['x-kept'], answer.text);
  return Number(answer.text);
}

async function countOf(gateway: Gateway): Promise<number> {
  const { text } = await call(gateway.managementPort, { path: '/metrics' });
  const lines = text.split('\n').filter((line) => line.startsWith('zerohop_proxy_requests_total{proxy="kept"'));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

async function entryOf(gateway: Gateway, name: string): Promise<string> {
  const path = `${organization}/environments/local/keyvaluemaps/m/entries/${name}`;
  return ((await get(gateway, path)) as { value: string }).value;
}

async function get(gateway: Gateway, path: string): Promise<unknown> {
  const answer = await call(gateway.managementPort, { path });
  assert.equal(answer.status, 200, answer.text);
  return JSON.parse(answer.text);
}

async function post(gateway: Gateway, path: string, body?: object): Promise<void> {
  const answer = await send(gateway, path, body);
  assert.ok(answer.status < 300, answer.text);
}

function send(gateway: Gateway, path: string, body: object = {}): Promise<Answer> {
  const headers = { 'Content-Type': 'application/json' };
  return call(gateway.managementPort, { method: 'POST', path, headers, body: JSON.stringify(body) });
}
