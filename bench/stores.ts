import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openStore } from '../runtime/state/open.ts';
import { redisProgram, startRedis } from '../test/support/redis.ts';
import { proxyBundle } from './bundles.ts';
import { type Engine, type EngineRequest, openEngine } from './engine.ts';
import { writeFiles } from './files.ts';
import { ratios, spreadOf } from './statistics.ts';

/**
 * What policies that check callers and count cost on each store, as ratios to an empty proxy, all in turns:
 * `npm run build`, then `node dist/bench/stores.js [--rounds 9] [--calls 2000]`. Processor time of this process, without
 * sockets; a request counts a hundred times less than the default of a quota, so none is refused.
 */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, calls: { type: 'string', default: '2000' } },
});

interface Sample {
  readonly name: string;
  /** Policies by name, run in this order. */
  readonly policies: Readonly<Record<string, string>>;
  readonly headers?: readonly string[];
}

const emptySample: Sample = { name: 'empty', policies: {} };
const key = '0123456789abcdef0123456789abcdef';

/** One that makes a token or fills a cache first, in a proxy of its own, has `prepare-` before its name. */
async function samplesFor(prepared: (name: string) => Promise<string>): Promise<Sample[]> {
  const bearer = async (name: string): Promise<string[]> => ['Authorization', `Bearer ${await prepared(name)}`];
  return [
    emptySample,
    {
      name: 'apikey',
      policies: { VK: '<VerifyAPIKey name="VK"><APIKey ref="request.header.x-api-key"/></VerifyAPIKey>' },
      headers: ['X-Api-Key', '7f1c'],
    },
    {
      name: 'quota',
      policies: {
        Q: '<Quota name="Q"><Allow count="1000000000"/><Interval>1</Interval><TimeUnit>day</TimeUnit><Distributed>true</Distributed><Synchronous>true</Synchronous></Quota>',
      },
    },
    {
      name: 'spike',
      policies: {
        SA: '<SpikeArrest name="SA"><Rate>100000000pm</Rate><UseEffectiveCount>true</UseEffectiveCount></SpikeArrest>',
      },
    },
    { name: 'cache', policies: { LC: lookup }, headers: [] },
    { name: 'oauth', policies: { OA: verifyToken }, headers: await bearer('prepare-oauth') },
    { name: 'hs256', policies: { K: secret, VJ: verify('HS256') }, headers: await bearer('prepare-hs256') },
    { name: 'rs256', policies: { VJ: verify('RS256') }, headers: await bearer('prepare-rs256') },
    { name: 'es256', policies: { VJ: verify('ES256') }, headers: await bearer('prepare-es256') },
  ];
}

const cacheKey =
  '<CacheResource>prices</CacheResource><CacheKey><Prefix>bench</Prefix><KeyFragment>42</KeyFragment></CacheKey>';
const lookup = `<LookupCache name="LC">${cacheKey}<AssignTo>price</AssignTo></LookupCache>`;
const verifyToken = '<OAuthV2 name="OA"><Operation>VerifyAccessToken</Operation></OAuthV2>';
const secret = `<AssignMessage name="K"><AssignVariable><Name>private.key</Name><Value>${key}</Value></AssignVariable></AssignMessage>`;
const keys = { RS256: pair('rsa'), ES256: pair('ec') };

function pair(kind: 'rsa' | 'ec'): { readonly publicKey: string; readonly privateKey: string } {
  const { publicKey, privateKey } =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = (one: KeyObject, type: 'spki' | 'pkcs8'): string => String(one.export({ type, format: 'pem' }));
  return { publicKey: pem(publicKey, 'spki'), privateKey: pem(privateKey, 'pkcs8') };
}

type Algorithm = 'HS256' | 'RS256' | 'ES256';

function verify(algorithm: Algorithm): string {
  const by =
    algorithm === 'HS256'
      ? '<SecretKey><Value ref="private.key"/></SecretKey>'
      : `<PublicKey><Value>${keys[algorithm].publicKey}</Value></PublicKey>`;
  return `<VerifyJWT name="VJ"><Algorithm>${algorithm}</Algorithm>${by}</VerifyJWT>`;
}

function generate(algorithm: Algorithm): Sample {
  const by =
    algorithm === 'HS256'
      ? '<SecretKey><Value ref="private.key"/></SecretKey>'
      : '<PrivateKey><Value ref="private.key"/></PrivateKey>';
  const given = algorithm === 'HS256' ? key : keys[algorithm].privateKey;
  return {
    name: `prepare-${algorithm.toLowerCase()}`,
    policies: {
      K: `<AssignMessage name="K"><AssignVariable><Name>private.key</Name><Value>${given}</Value></AssignVariable></AssignMessage>`,
      GJ: `<GenerateJWT name="GJ"><Algorithm>${algorithm}</Algorithm>${by}<Subject>ada</Subject><ExpiresIn>1h</ExpiresIn><OutputVariable>made</OutputVariable></GenerateJWT>`,
    },
  };
}

const preparing: readonly Sample[] = [
  generate('HS256'),
  generate('RS256'),
  generate('ES256'),
  {
    name: 'prepare-cache',
    policies: {
      V: '<AssignMessage name="V"><AssignVariable><Name>made</Name><Value>24.5</Value></AssignVariable></AssignMessage>',
      PC: `<PopulateCache name="PC">${cacheKey}<ExpirySettings><TimeoutInSeconds>3600</TimeoutInSeconds></ExpirySettings><Source>made</Source></PopulateCache>`,
    },
  },
  {
    name: 'prepare-oauth',
    policies: {
      G: '<AssignMessage name="G"><AssignTo createNew="false" type="request"/><Set><Headers><Header name="Authorization">Basic N2YxYzpzM2NyZXQ=</Header></Headers></Set><AssignVariable><Name>grant</Name><Value>client_credentials</Value></AssignVariable></AssignMessage>',
      OA: '<OAuthV2 name="OA"><Operation>GenerateAccessToken</Operation><ExpiresIn>3600000</ExpiresIn><SupportedGrantTypes><GrantType>client_credentials</GrantType></SupportedGrantTypes><GrantType>grant</GrantType></OAuthV2>',
      M: '<AssignMessage name="M"><AssignVariable><Name>made</Name><Ref>oauthv2accesstoken.OA.access_token</Ref></AssignVariable></AssignMessage>',
    },
  },
];

const environment = {
  'environments/local/products.json': '[{"name":"gold","apiResources":["/**"],"proxies":[]}]',
  'environments/local/developers.json': '[{"email":"ada@example.com"}]',
  'environments/local/developerapps.json':
    '[{"name":"shop","developerEmail":"ada@example.com","credentials":[{"consumerKey":"7f1c","consumerSecret":"s3cret","apiProducts":["gold"]}]}]',
};

function bundleOf({ name, policies }: Sample): Readonly<Record<string, string>> {
  const steps = Object.keys(policies).map((policy) => `<Step><Name>${policy}</Name></Step>`);
  const flows = `<PreFlow name="PreFlow"><Request>${steps.join('')}</Request></PreFlow>`;
  return proxyBundle({ name, basePath: `/${name}`, flows, policies, target: undefined });
}

function requestOf({ name, headers = [] }: Sample): EngineRequest {
  return { path: `/${name}/products/42`, query: '', headers, body: Buffer.alloc(0) };
}

/** The samples of a store, ready to be run. */
async function open(store: string, folder: string): Promise<{ engine: Engine; samples: Sample[] }> {
  const none: Sample[] = await samplesFor(() => Promise.resolve(''));
  for (const sample of [...preparing, ...none]) writeFiles(folder, bundleOf(sample));
  writeFiles(folder, environment);
  const engine = await openEngine(folder, await openStore(store));
  if (engine.refused.size > 0) throw new Error([...engine.refused].map((one) => one.join(': ')).join('\n'));
  const prepared = async (name: string): Promise<string> => {
    const sample = preparing.find((one) => one.name === name) ?? emptySample;
    const exchange = await engine.run(requestOf(sample));
    if (exchange.fault !== undefined) throw new Error(`${name}: ${exchange.fault.faultstring}`);
    return String(exchange.read('made'));
  };
  await prepared('prepare-cache');
  const samples = await samplesFor(prepared);
  for (const sample of samples) {
    const { answer, fault } = await engine.run(requestOf(sample));
    if (answer?.status !== 200) throw new Error(`${store}, ${sample.name}: ${answer?.status} ${fault?.code ?? ''}`);
  }
  return { engine, samples };
}

/** Microseconds of processor time of one request. */
async function costOf(engine: Engine, sample: Sample, calls: number): Promise<number> {
  const request = requestOf(sample);
  const before = process.cpuUsage();
  for (let call = 0; call < calls; call++) await engine.run(request);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

const folder = mkdtempSync(join(tmpdir(), 'zerohop-stores-'));
const redis = redisProgram() === undefined ? undefined : await startRedis();
if (redis === undefined) console.log('No redis-server on the PATH: that store is left out.');
const stores = ['memory', `lmdb:${join(folder, 'state')}`, ...(redis === undefined ? [] : [redis.url])];
const [rounds, calls] = [Number(values.rounds), Number(values.calls)];
const opened = await Promise.all(
  stores.map(async (store, index) => ({
    store: store.split(':')[0] ?? store,
    ...(await open(store, join(folder, `bundles-${index}`))),
  })),
);
const costs = new Map<string, number[]>();
for (let round = -1; round < rounds; round++) {
  for (const { store, engine, samples } of opened) {
    for (const sample of samples) {
      const cost = await costOf(engine, sample, calls);
      // The first round warms up.
      if (round >= 0) costs.set(`${store} ${sample.name}`, [...(costs.get(`${store} ${sample.name}`) ?? []), cost]);
    }
  }
}
for (const { store, samples } of opened) {
  const base = costs.get(`${store} ${emptySample.name}`) ?? [];
  for (const { name } of samples) {
    const own = costs.get(`${store} ${name}`) ?? [];
    const { median, low, high } = spreadOf(ratios(own, base));
    const cost = spreadOf(own).median.toFixed(1);
    console.log(
      `${store.padEnd(7)} ${name.padEnd(7)} ${cost.padStart(7)} µs  ÷ empty ${median.toFixed(1)} (${low.toFixed(1)}-${high.toFixed(1)})`,
    );
  }
}
for (const { engine } of opened) await engine.close();
await redis?.close();
rmSync(folder, { recursive: true, force: true });
