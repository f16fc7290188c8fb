import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CurrentEvent } from '../../runtime/message/event.ts';
import { Phase } from '../../runtime/message/exchange.ts';
import { SanitizeModelResponse } from '../../runtime/policies/SanitizeModelResponse.ts';
import { exchangeOf, responseOf } from '../support/exchange.ts';
import { armor, googleStandIn, type StandIn } from '../support/google.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

let google: StandIn;
before(async () => {
  google = await googleStandIn();
});
after(() => google.close());

const where = '<ModelArmor><TemplateName>projects/p1/locations/europe-west1/templates/t1</TemplateName></ModelArmor>';

function sanitizing(inner = '') {
  const xml = `<SanitizeModelResponse name="SMR">${where}${inner}</SanitizeModelResponse>`;
  return compilePolicy(SanitizeModelResponse, xml, { compiler: google.compiler });
}

const answered = (text: string) =>
  exchangeOf({
    phase: Phase.proxyResponse,
    response: responseOf({ body: JSON.stringify({ candidates: [{ content: { parts: [{ text }] } }] }) }),
    variables: { prompt: 'who?' },
  });

test('an answer that passes leaves its result in variables', async () => {
  google.answers.set('sanitizeModelResponse', { status: 200, body: armor('NO_MATCH_FOUND') });
  const exchange = answered('me');
  await sanitizing('<UserPromptSource>{prompt}</UserPromptSource>').step(exchange);
  const { url, body } = google.asked.at(-1) ?? {};
  assert.equal(url, '/v1/projects/p1/locations/europe-west1/templates/t1:sanitizeModelResponse');
  assert.deepEqual(body, { modelResponseData: { text: 'me' }, userPrompt: 'who?' });
  assert.equal(exchange.read('SanitizeModelResponse.SMR.filterMatchState'), 'NO_MATCH_FOUND');
});

test('the event of an EventFlow can be the source', async () => {
  const exchange = answered('');
  exchange.event = new CurrentEvent(1, 'data: part');
  await sanitizing('<LLMResponseSource>{response.event.current.content}</LLMResponseSource>').step(exchange);
  assert.deepEqual(google.asked.at(-1)?.body, { modelResponseData: { text: 'data: part' } });
});

test('faults', async () => {
  google.answers.set('sanitizeModelResponse', { status: 200, body: armor('MATCH_FOUND', { sdp: true }) });
  const matched = await faultOf(sanitizing().step, answered('secret'));
  assert.deepEqual([matched.code, matched.status], ['steps.sanitize.model.response.FilterMatched', 400]);
  const none = await faultOf(sanitizing('<LLMResponseSource>{none}</LLMResponseSource>').step, answered('x'));
  assert.equal(none.code, 'steps.sanitize.model.response.FailedToExtractLLMResponse');
  const prompt = await faultOf(sanitizing('<UserPromptSource>{none}</UserPromptSource>').step, answered('x'));
  assert.equal(prompt.code, 'steps.sanitize.model.response.FailedToExtractUserPrompt');
  google.answers.set('sanitizeModelResponse', { status: 200, body: '' });
  const unreadable = await faultOf(sanitizing().step, answered('x'));
  assert.equal(unreadable.code, 'steps.sanitize.model.response.SanitizationResponseParsingFailed');
});
