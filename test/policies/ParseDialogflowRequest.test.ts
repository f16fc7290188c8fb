import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParseDialogflowRequest } from '../../runtime/policies/ParseDialogflowRequest.ts';
import { exchangeOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const parsing = (inner = '<VariablePrefix>my-prefix</VariablePrefix>') =>
  compilePolicy(ParseDialogflowRequest, `<ParseDialogflowRequest name="PDR">${inner}</ParseDialogflowRequest>`);

const webhook = {
  detectIntentResponseId: 'd1',
  languageCode: 'en',
  text: 'claim please',
  fulfillmentInfo: { tag: 'claim' },
  sessionInfo: {
    session: 'projects/p1/locations/us-central1/agents/a1/environments/e1/sessions/s1',
    parameters: {
      claimAmount: 500,
      'claim-id': 'c-7',
      who: { name: 'Ada' },
      'bad name': 1,
      ['__proto__']: 2,
      none: null,
    },
  },
  intentInfo: { displayName: 'claims', confidence: 0.9 },
};

test('parameters and the session are variables', async () => {
  const exchange = exchangeOf({ body: JSON.stringify(webhook) });
  await parsing().step(exchange);
  const read = (name: string) => exchange.read(`google.dialogflow.my-prefix.${name}`);
  assert.equal(read('claimAmount'), 500);
  assert.equal(read('claim-id'), 'c-7');
  assert.equal(read('who'), '{"name":"Ada"}');
  assert.equal(read('session.id'), 's1');
  assert.equal(read('session.project.id'), 'p1');
  assert.equal(read('session.location.id'), 'us-central1');
  assert.equal(read('session.agent.id'), 'a1');
  assert.equal(read('session.environment.id'), 'e1');
  assert.equal(read('sessionInfo.session'), webhook.sessionInfo.session);
  assert.equal(read('fulfillmentInfo.tag'), 'claim');
  assert.equal(read('intentInfo.confidence'), 0.9);
  assert.equal(read('bad name'), undefined);
  assert.equal(read('none'), undefined);
});

test('the prefix may be left out', async () => {
  const exchange = exchangeOf({ body: JSON.stringify(webhook) });
  await parsing('<DialogflowVersion>CX</DialogflowVersion>').step(exchange);
  assert.equal(exchange.read('google.dialogflow.claimAmount'), 500);
});

test('what is no webhook is a fault', async () => {
  const deep = `{"sessionInfo":${'['.repeat(100_000)}`;
  for (const body of ['', 'x', '[]', '{}', 'null', deep]) {
    const fault = await faultOf(parsing().step, exchangeOf({ body }));
    assert.deepEqual([fault.code, fault.status], ['steps.parsedialogflowrequest.InvalidWebhookRequest', 400]);
  }
});

test('a prefix that cannot stand in a name is a mistake', () => {
  assert.equal(parsing('<VariablePrefix>a b</VariablePrefix>').diagnostics[0]?.code, 'ZH664');
});
