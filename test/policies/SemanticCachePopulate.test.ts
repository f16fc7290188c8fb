import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BodyNeed } from '../../runtime/message/body-need.ts';
import { Phase } from '../../runtime/message/exchange.ts';
import { SemanticCachePopulate } from '../../runtime/policies/SemanticCachePopulate.ts';
import { keepEmbedded } from '../../runtime/policies/semantic-cache.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import { exchangeOf, responseOf } from '../support/exchange.ts';
import { googleStandIn, type StandIn } from '../support/google.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

let google: StandIn;
before(async () => {
  google = await googleStandIn();
});
after(() => google.close());

const populating = (store: MemoryStore, url = 'https://x-aiplatform.googleapis.com/v1/indexes/9:upsertDatapoints') =>
  compilePolicy(
    SemanticCachePopulate,
    `<SemanticCachePopulate name="SCP"><SimilaritySearch><VertexAI><URL>${url}</URL></VertexAI></SimilaritySearch></SemanticCachePopulate>`,
    { compiler: { ...google.compiler, store } },
  );

function answered(status: number) {
  const exchange = exchangeOf({ phase: Phase.proxyResponse, response: responseOf({ status, body: 'answer' }) });
  keepEmbedded(exchange, { prompt: 'p', vector: [1, 2] });
  return exchange;
}

test('an answer is kept under the name its prompt has in the index', async () => {
  const store = new MemoryStore();
  google.answers.set('upsertDatapoints', { status: 200, body: {} });
  const { step, needs } = populating(store);
  assert.equal(needs & BodyNeed.response, BodyNeed.response);
  await step(answered(200));
  const body = google.asked.at(-1)?.body as { datapoints: [{ datapoint_id: string }] } | undefined;
  const [key] = await store.keys('semanticcache/');
  assert.ok(key?.endsWith(body?.datapoints[0].datapoint_id ?? 'nothing'));
  assert.equal(google.asked.at(-1)?.url, '/v1/indexes/9:upsertDatapoints');
});

test('only successes that were looked up are kept', async () => {
  const store = new MemoryStore();
  const before = google.asked.length;
  await populating(store).step(answered(404));
  await populating(store).step(exchangeOf({ phase: Phase.proxyResponse, response: responseOf() }));
  assert.equal(google.asked.length, before);
  assert.deepEqual(await store.keys('semanticcache/'), []);
});

test('faults', async () => {
  const store = new MemoryStore();
  const prefix = 'steps.semanticcache.populate';
  google.answers.set('upsertDatapoints', { status: 403, body: {} });
  assert.equal((await faultOf(populating(store).step, answered(200))).code, `${prefix}.VectorSearchUpsertAPIFailed`);
  assert.deepEqual(await store.keys('semanticcache/'), [], 'what is not in the index is not kept');
  const unresolved = await faultOf(populating(store, 'https://x/{none}:upsertDatapoints').step, answered(200));
  assert.equal(unresolved.code, `${prefix}.UnresolvedVariable`);
  const none = exchangeOf({ phase: Phase.proxyResponse });
  keepEmbedded(none, { prompt: 'p', vector: [1] });
  assert.equal((await faultOf(populating(store).step, none)).code, `${prefix}.FailedToExtractLLMResponse`);
});
