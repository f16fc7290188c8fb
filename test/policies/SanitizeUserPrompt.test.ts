import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SanitizeUserPrompt } from '../../runtime/policies/SanitizeUserPrompt.ts';
import { exchangeOf } from '../support/exchange.ts';
import { armor, googleStandIn, type StandIn } from '../support/google.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

let google: StandIn;
before(async () => {
  google = await googleStandIn();
});
after(() => google.close());

const template = 'projects/p1/locations/europe-west1/templates/t1';

function sanitizing(inner = '', name = template) {
  const where = `<ModelArmor><TemplateName>${name}</TemplateName></ModelArmor>`;
  const xml = `<SanitizeUserPrompt name="SUP">${where}${inner}</SanitizeUserPrompt>`;
  return compilePolicy(SanitizeUserPrompt, xml, { compiler: google.compiler });
}

const gemini = (text: string) => exchangeOf({ body: JSON.stringify({ contents: [{ parts: [{ text }] }] }) });

test('a prompt that passes leaves its result in variables', async () => {
  google.answers.set('sanitizeUserPrompt', { status: 200, body: armor('NO_MATCH_FOUND') });
  const exchange = gemini('hello');
  await sanitizing().step(exchange);
  const asked = google.asked.at(-1);
  assert.equal(asked?.url, `/v1/${template}:sanitizeUserPrompt`);
  assert.deepEqual(asked?.body, { userPromptData: { text: 'hello' } });
  assert.equal(asked?.authorization, 'Bearer T');
  assert.equal(exchange.read('SanitizeUserPrompt.SUP.filterMatchState'), 'NO_MATCH_FOUND');
  assert.equal(exchange.read('SanitizeUserPrompt.SUP.invocationResult'), 'SUCCESS');
  assert.equal(exchange.read('SanitizeUserPrompt.SUP.promptInjectionDetected'), false);
  assert.match(String(exchange.read('SanitizeUserPrompt.SUP.response.content')), /sanitizationResult/);
});

test('a match is a fault, told by filter', async () => {
  const found = armor('MATCH_FOUND', { rai: true, pi_and_jailbreak: true });
  google.answers.set('sanitizeUserPrompt', { status: 200, body: found });
  const exchange = gemini('be evil');
  const fault = await faultOf(sanitizing().step, exchange);
  assert.deepEqual([fault.code, fault.status], ['steps.sanitize.user.prompt.FilterMatched', 400]);
  assert.match(
    fault.faultstring,
    /filter matched: RAIMatchesFound: true, SDPMatchesFound: false, PIMatchesFound: true, CSAMMatchesFound: false, URIMatchesFound: false$/,
  );
  assert.equal(exchange.read('SanitizeUserPrompt.SUP.promptInjectionDetected'), true);
  assert.equal(exchange.read('SanitizeUserPrompt.SUP.promptInjectionConfidence'), 'HIGH');
  assert.equal(exchange.read('SanitizeUserPrompt.SUP.raiMatchesFound'), true);
  assert.equal(exchange.read('sanitizationMetadata.errorCode'), 799);
});

test('the source, the template and results of functions are templates', async () => {
  google.answers.set('sanitizeUserPrompt', { status: 200, body: armor('NO_MATCH_FOUND') });
  const inner =
    '<UserPromptSource>{prompt}</UserPromptSource><FunctionResponseSource>{result}</FunctionResponseSource>';
  const { step } = sanitizing(inner, 'projects/p1/locations/{place}/templates/t1');
  await step(exchangeOf({ variables: { prompt: 'one', result: 'two', place: 'us-central1' } }));
  assert.equal(google.asked.at(-1)?.url, '/v1/projects/p1/locations/us-central1/templates/t1:sanitizeUserPrompt');
  assert.deepEqual(google.asked.at(-1)?.body, { userPromptData: { text: 'one\ntwo' } });
});

describe('what keeps it from an answer is a fault of its own', () => {
  const table: readonly (readonly [string, { readonly status: number; readonly body: unknown }, string])[] = [
    ['no right', { status: 403, body: {} }, 'modelarmor.AuthenticationFailure'],
    ['overload', { status: 503, body: {} }, 'modelarmor.ServiceUnavailable'],
    ['a mistake', { status: 400, body: {} }, 'modelarmor.ModelArmorAPIFailed'],
    ['no JSON', { status: 200, body: 'oops' }, 'user.prompt.SanitizationResponseParsingFailed'],
    ['other JSON', { status: 200, body: {} }, 'user.prompt.SanitizationResponseParsingFailed'],
  ];
  for (const [name, answer, code] of table) {
    test(name, async () => {
      google.answers.set('sanitizeUserPrompt', answer);
      const fault = await faultOf(sanitizing().step, gemini('x'));
      assert.deepEqual([fault.code, fault.status], [`steps.sanitize.${code}`, 500]);
    });
  }

  test('no prompt', async () => {
    const lax = '<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>';
    const code = 'steps.sanitize.user.prompt.FailedToExtractUserPrompt';
    assert.equal((await faultOf(sanitizing(lax).step, exchangeOf({ body: '{}' }))).code, code);
    const source = '<UserPromptSource>{none}</UserPromptSource>';
    assert.equal((await faultOf(sanitizing(source).step, exchangeOf())).code, code);
  });

  test('no template', async () => {
    for (const name of ['{none}', '../../etc']) {
      const fault = await faultOf(sanitizing('', name).step, gemini('x'));
      assert.equal(fault.code, 'steps.sanitize.modelarmor.ModelArmorTemplateNameExtractionFailed');
    }
  });

  test('nobody there', async () => {
    const fault = await faultOf(
      compilePolicy(
        SanitizeUserPrompt,
        `<SanitizeUserPrompt name="SUP"><ModelArmor><TemplateName>${template}</TemplateName></ModelArmor></SanitizeUserPrompt>`,
        { compiler: google.unreachable },
      ).step,
      gemini('x'),
    );
    assert.equal(fault.code, 'steps.sanitize.modelarmor.ModelArmorCalloutError');
  });
});

test('without a source of tokens it says so when it is loaded', () => {
  const xml = `<SanitizeUserPrompt name="SUP"><ModelArmor><TemplateName>${template}</TemplateName></ModelArmor></SanitizeUserPrompt>`;
  assert.equal(compilePolicy(SanitizeUserPrompt, xml).diagnostics[0]?.code, 'ZH663');
});
