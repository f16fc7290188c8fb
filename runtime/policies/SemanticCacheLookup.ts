import type { Place } from '../diagnostic.ts';
import { Fault, type FaultKind } from '../fault.ts';
import { parseJson } from '../json-depth.ts';
import { compileJsonPath } from '../language/json-path.ts';
import { Body } from '../message/body.ts';
import { type Exchange, Phase } from '../message/exchange.ts';
import { Headers } from '../message/headers.ts';
import { Message } from '../message/message.ts';
import { element, required } from '../schema/declare.ts';
import { decimal, flag, oneOf, template } from '../schema/values.ts';
import { sourceOf, usualPrompt } from './llm-source.ts';
import { policy } from './policy.ts';
import { answerKey, isVector, type KeptAnswer, keepEmbedded, warnOfNoTokens } from './semantic-cache.ts';

const faults = {
  noPrompt: kind('FailedToExtractUserPrompt', 'The user prompt cannot be extracted'),
  embeddings: kind('EmbeddingsAPIFailed', 'The embeddings cannot be computed'),
  search: kind('VectorSearchAPIFailed', 'The search for similar prompts failed'),
  unresolved: kind('UnresolvedVariable', 'Unable to resolve a variable'),
};

function kind(name: string, text: string): FaultKind {
  return { code: `steps.semanticcache.lookup.${name}`, status: 500, text };
}

const similarity = element({
  children: {
    URL: required(template),
    DeployedIndexID: required(template),
    Threshold: decimal,
    DistanceMeasureType: oneOf('DOT_PRODUCT_DISTANCE', 'COSINE_DISTANCE', 'SQUARED_L2_DISTANCE', 'L1_DISTANCE'),
  },
});

/** Apigee: SemanticCacheLookup policy reference, samples. */
const usualThreshold = 0.95;

const vectorPath = compileJsonPath('$.predictions[0].embeddings.values');
const neighborPath = compileJsonPath('$.nearestNeighbors[0].neighbors[0]');

/** Answers with what was answered to a prompt of the same meaning. Apigee: SemanticCacheLookup policy reference. */
export const SemanticCacheLookup = policy({
  element: 'SemanticCacheLookup',
  failedPrefix: 'semanticcachelookup',
  children: {
    IgnoreUnresolvedVariables: flag,
    UserPromptSource: template,
    Embeddings: required(
      element({ children: { VertexAI: required(element({ children: { URL: required(template) } })) } }),
    ),
    SimilaritySearch: required(element({ children: { VertexAI: required(similarity) } })),
  },
  faults,
  compile(config, compiler) {
    const { googleServices: services, store } = compiler;
    warnOfNoTokens('SemanticCacheLookup', config.at, compiler);
    const ignores = config.IgnoreUnresolvedVariables?.text ?? false;
    const prompt = sourceOf(config.UserPromptSource, usualPrompt, config.at, ignores, faults.noPrompt, compiler);
    const text = (leaf: { readonly text: string; readonly at: Place }) =>
      sourceOf(leaf, '', config.at, ignores, faults.unresolved, compiler);
    const { VertexAI: search } = config.SimilaritySearch;
    const embeddingsUrl = text(config.Embeddings.VertexAI.URL);
    const searchUrl = text(search.URL);
    const index = text(search.DeployedIndexID);
    const threshold = search.Threshold?.text ?? usualThreshold;
    const isNear = nearness(search.DistanceMeasureType?.text ?? 'DOT_PRODUCT_DISTANCE', threshold);
    const post = async (exchange: Exchange, url: string, body: unknown, failed: FaultKind): Promise<unknown> => {
      const answer = await services.post(exchange, url, body).catch((error: unknown) => {
        throw error instanceof Fault ? new Fault(failed, `${failed.text}: ${error.faultstring}`) : error;
      });
      if (answer.status !== 200) throw new Fault(failed, `${failed.text}: status ${answer.status}`);
      return json(answer.text, failed);
    };
    return async (exchange) => {
      const asked = prompt(exchange);
      if (asked === '') throw new Fault(faults.noPrompt);
      const embedded = await post(
        exchange,
        embeddingsUrl(exchange),
        { instances: [{ content: asked }] },
        faults.embeddings,
      );
      const vector = vectorPath.value(embedded).value;
      if (!isVector(vector))
        throw new Fault(faults.embeddings, `${faults.embeddings.text}: there are none in the answer`);
      const query = { datapoint: { feature_vector: vector }, neighbor_count: 1 };
      const body = { deployed_index_id: index(exchange), queries: [query], return_full_datapoint: false };
      const found = neighborPath.value(await post(exchange, searchUrl(exchange), body, faults.search)).value;
      const id = isNear(found);
      const kept = id === undefined ? undefined : await store.get(answerKey(id, compiler));
      if (kept === undefined || exchange.phase > Phase.targetRequest) keepEmbedded(exchange, { prompt: asked, vector });
      else answerWith(exchange, JSON.parse(kept) as KeptAnswer);
    };
  },
});

function json(text: string, failed: FaultKind): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Fault(failed, `${failed.text}: the answer is no JSON`);
    throw error;
  }
}

/**
 * The id of a neighbor that is near enough; undefined for one that is not. A dot product grows with nearness, and
 * the cosine distance is 1 less the cosine; the other two are distances, and the threshold is the longest one.
 * Vertex AI: Vector Search, distance measure types.
 */
function nearness(measure: string, threshold: number): (neighbor: unknown) => string | undefined {
  const near =
    measure === 'DOT_PRODUCT_DISTANCE'
      ? (distance: number) => distance >= threshold
      : measure === 'COSINE_DISTANCE'
        ? (distance: number) => 1 - distance >= threshold
        : (distance: number) => distance <= threshold;
  const idPath = compileJsonPath('$.datapoint.datapointId');
  const distancePath = compileJsonPath('$.distance');
  return (neighbor) => {
    const id = idPath.value(neighbor).value;
    // A distance of 0 is left out of the answer, as protocol buffers have it.
    const distance = distancePath.value(neighbor).value ?? 0;
    return typeof id === 'string' && typeof distance === 'number' && near(distance) ? id : undefined;
  };
}

/** The rest of the request, target included, is skipped. */
function answerWith(exchange: Exchange, { status, headers, content }: KeptAnswer): void {
  const message = new Message('response', new Headers([...headers]), Body.ofText(content));
  message.status = status;
  exchange.response = message;
  exchange.skipsToResponse = true;
}
