import { Fault, type FaultKind } from '../fault.ts';
import { BodyNeed } from '../message/body-need.ts';
import type { Message } from '../message/message.ts';
import { element, required } from '../schema/declare.ts';
import { flag, integer, template, text } from '../schema/values.ts';
import { sourceOf } from './llm-source.ts';
import { policy } from './policy.ts';
import { answerKey, datapointId, type KeptAnswer, keptEmbedded, warnOfNoTokens } from './semantic-cache.ts';

const faults = {
  upsert: kind('VectorSearchUpsertAPIFailed', 'The prompt cannot be put into the index'),
  noResponse: kind('FailedToExtractLLMResponse', 'There is no response to keep'),
  unresolved: kind('UnresolvedVariable', 'Unable to resolve a variable'),
};

function kind(name: string, text: string): FaultKind {
  return { code: `steps.semanticcache.populate.${name}`, status: 500, text };
}

/** Seconds. zerohop's choice. */
const usualLifetime = 300;

/** Keeps an answer for prompts of the same meaning. Apigee: SemanticCachePopulate policy reference. */
export const SemanticCachePopulate = policy({
  element: 'SemanticCachePopulate',
  failedPrefix: 'semanticcachepopulate',
  children: {
    IgnoreUnresolvedVariables: flag,
    SemanticCacheLookup: text,
    SimilaritySearch: required(
      element({ children: { VertexAI: required(element({ children: { URL: required(template) } })) } }),
    ),
    TTLInSeconds: integer(1),
  },
  faults,
  compile(config, compiler) {
    const { googleServices: services, store } = compiler;
    warnOfNoTokens('SemanticCachePopulate', config.at, compiler);
    compiler.needs(BodyNeed.response);
    const ignores = config.IgnoreUnresolvedVariables?.text ?? false;
    const leaf = config.SimilaritySearch.VertexAI.URL;
    const url = sourceOf(leaf, '', config.at, ignores, faults.unresolved, compiler);
    const lifetime = (config.TTLInSeconds?.text ?? usualLifetime) * 1000;
    return async (exchange) => {
      // Nothing was looked up, or it was found: there is nothing new to keep.
      const embedded = keptEmbedded(exchange);
      if (embedded === undefined) return;
      const { response } = exchange;
      if (response === undefined || !response.body.inMemory) throw new Fault(faults.noResponse);
      if (response.status < 200 || response.status > 299) return;
      const id = datapointId(embedded.prompt, compiler);
      const body = { datapoints: [{ datapoint_id: id, feature_vector: embedded.vector }] };
      const answer = await services.post(exchange, url(exchange), body).catch((error: unknown) => {
        throw error instanceof Fault ? new Fault(faults.upsert, `${faults.upsert.text}: ${error.faultstring}`) : error;
      });
      if (answer.status !== 200) throw new Fault(faults.upsert, `${faults.upsert.text}: status ${answer.status}`);
      await store.set(answerKey(id, compiler), JSON.stringify(keptOf(response)), lifetime);
    };
  },
});

/** Fields of a payload that describe it; all others may be about the one who asked. zerohop's choice. */
const keptFields: ReadonlySet<string> = new Set(['content-type', 'content-language']);

function keptOf(response: Message): KeptAnswer {
  const { raw } = response.headers;
  const headers = raw.filter((_, at) => keptFields.has((raw[at - (at % 2)] ?? '').toLowerCase()));
  return { status: response.status, headers, content: response.content };
}
