import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Exchange } from '../../runtime/message/exchange.ts';
import { Phase } from '../../runtime/message/exchange.ts';
import { SemanticCacheLookup } from '../../runtime/policies/SemanticCacheLookup.ts';
import { SemanticCachePopulate } from '../../runtime/policies/SemanticCachePopulate.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import { exchangeOf, responseOf } from '../support/exchange.ts';
import { googleStandIn, type StandIn } from '../support/google.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

let google: StandIn;
let store: MemoryStore;
before(async () => {
  google = await googleStandIn();
});
after(() => google.close());
beforeEach(() => {
  store = new MemoryStore();
  google.asked.length = 0;
  google.answers.clear();
  google.answers.set('predict', { status: 200, body: { predictions: [{ embeddings: { values: [0.6, 0.8] } }] } });
  google.answers.set('upsertDatapoints', { status: 200, body: {} });
  neighbor();
});

/** What the index answers. */
function neighbor(id?: string, distance?: number): void {
  const neighbors = id === undefined ? [] : [{ datapoint: { datapointId: id }, distance }];
  google.answers.set('findNeighbors', { status: 200, body: { nearestNeighbors: [{ neighbors }] } });
}

const looking = (more = '') =>
  compilePolicy(
    SemanticCacheLookup,
    `<SemanticCacheLookup name="SCL"><UserPromptSource>{prompt}</UserPromptSource>
      <Embeddings><VertexAI><URL>https://x-aiplatform.googleapis.com/v1/models/e:predict</URL></VertexAI></Embeddings>
      <SimilaritySearch><VertexAI><URL>https://1.x.vdb.vertexai.goog/v1/indexEndpoints/7:findNeighbors</URL>
        <DeployedIndexID>{index}</DeployedIndexID>${more}</VertexAI></SimilaritySearch></SemanticCacheLookup>`,
    { compiler: { ...google.compiler, store } },
  );
const populating = () =>
  compilePolicy(
    SemanticCachePopulate,
    `<SemanticCachePopulate name="SCP"><SimilaritySearch><VertexAI>
      <URL>https://x-aiplatform.googleapis.com/v1/indexes/9:upsertDatapoints</URL></VertexAI></SimilaritySearch>
      <TTLInSeconds>60</TTLInSeconds></SemanticCachePopulate>`,
    { compiler: { ...google.compiler, store } },
  );
const asking = (prompt: string) => exchangeOf({ variables: { prompt, index: 'idx' } });

/** Looks up, answers, and keeps the answer. @returns its name in the index */
async function answered(prompt: string): Promise<string> {
  const exchange = asking(prompt);
  await looking().step(exchange);
  exchange.phase = Phase.proxyResponse;
  exchange.response = responseOf({
    body: '{"answer":42}',
    headers: { 'Content-Type': 'application/json', 'Set-Cookie': 'who=me' },
  });
  await populating().step(exchange);
  const body = google.asked.at(-1)?.body as { datapoints: [{ datapoint_id: string; feature_vector: number[] }] };
  assert.deepEqual(body.datapoints[0].feature_vector, [0.6, 0.8]);
  return body.datapoints[0].datapoint_id;
}

async function hit(exchange: Exchange, more = ''): Promise<boolean> {
  await looking(more).step(exchange);
  return exchange.skipsToResponse;
}

test('what was answered to a similar prompt is the answer', async () => {
  const id = await answered('what is six times seven?');
  assert.deepEqual(google.asked[0]?.body, { instances: [{ content: 'what is six times seven?' }] });
  assert.deepEqual(google.asked[1]?.body, {
    deployed_index_id: 'idx',
    queries: [{ datapoint: { feature_vector: [0.6, 0.8] }, neighbor_count: 1 }],
    return_full_datapoint: false,
  });
  neighbor(id, 0.97);
  const exchange = asking('six by seven?');
  assert.equal(await hit(exchange), true);
  assert.equal(exchange.response?.content, '{"answer":42}');
  assert.deepEqual(exchange.response?.headers.raw, ['Content-Type', 'application/json']);
  // What came from the cache is not kept again.
  const before = google.asked.length;
  exchange.phase = Phase.proxyResponse;
  await populating().step(exchange);
  assert.equal(google.asked.length, before);
});

test('nearness is measured as the index measures it', async () => {
  const id = await answered('q');
  const measure = (name: string, threshold: number) =>
    `<Threshold>${threshold}</Threshold><DistanceMeasureType>${name}</DistanceMeasureType>`;
  for (const [name, threshold, distance, near] of [
    ['DOT_PRODUCT_DISTANCE', 0.9, 0.91, true],
    ['DOT_PRODUCT_DISTANCE', 0.9, 0.89, false],
    ['COSINE_DISTANCE', 0.9, 0.05, true],
    ['COSINE_DISTANCE', 0.9, 0.2, false],
    ['SQUARED_L2_DISTANCE', 0.5, 0.4, true],
    ['SQUARED_L2_DISTANCE', 0.5, 0.6, false],
    ['SQUARED_L2_DISTANCE', 0.5, undefined, true],
  ] as const) {
    neighbor(id, distance);
    assert.equal(await hit(asking('p'), measure(name, threshold)), near, `${name} ${distance}`);
  }
});

test('a neighbor of another proxy, or one whose time is over, is none', async () => {
  neighbor('somebody-elses', 1);
  assert.equal(await hit(asking('p')), false);
});

test('faults', async () => {
  const code = async (exchange: Exchange) => (await faultOf(looking().step, exchange)).code;
  const prefix = 'steps.semanticcache.lookup';
  assert.equal(await code(asking('')), `${prefix}.FailedToExtractUserPrompt`);
  assert.equal(await code(exchangeOf({ variables: { prompt: 'p' } })), `${prefix}.UnresolvedVariable`);
  google.answers.set('findNeighbors', { status: 500, body: {} });
  assert.equal(await code(asking('p')), `${prefix}.VectorSearchAPIFailed`);
  for (const body of ['no json', {}, { predictions: [{ embeddings: { values: ['x'] } }] }]) {
    google.answers.set('predict', { status: 200, body });
    assert.equal(await code(asking('p')), `${prefix}.EmbeddingsAPIFailed`);
  }
});

test('without a source of tokens it says so when it is loaded', () => {
  const made = compilePolicy(
    SemanticCacheLookup,
    `<SemanticCacheLookup name="SCL"><Embeddings><VertexAI><URL>https://x/e:predict</URL></VertexAI></Embeddings>
      <SimilaritySearch><VertexAI><URL>https://x/i:findNeighbors</URL><DeployedIndexID>i</DeployedIndexID></VertexAI>
      </SimilaritySearch></SemanticCacheLookup>`,
  );
  assert.deepEqual(
    made.diagnostics.map((one) => one.code),
    ['ZH663'],
  );
});
