import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Phase } from '../../runtime/message/exchange.ts';
import { SetDialogflowResponse } from '../../runtime/policies/SetDialogflowResponse.ts';
import { exchangeOf, responseOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const setting = (inner: string) =>
  compilePolicy(SetDialogflowResponse, `<SetDialogflowResponse name="SDR">${inner}</SetDialogflowResponse>`);

const answered = (body = '{"claim":{"state":"open","days":3}}') =>
  exchangeOf({
    phase: Phase.proxyResponse,
    response: responseOf({ body, headers: { 'X-Claim': 'c-7', 'Content-Type': 'text/plain' } }),
    variables: { who: 'Ada', count: '4' },
  });

const parameters = (inner: string) => `<Parameters>${inner}</Parameters>`;

test('phrases and parameters make the answer', async () => {
  const exchange = answered();
  await setting(
    `<Source>response</Source><DialogflowVersion>CX</DialogflowVersion>
     <NaturalLanguageResponse><Phrases><Phrase>Hello {who}</Phrase><Phrase ref="who"/></Phrases>
       <MergeBehavior>APPEND</MergeBehavior></NaturalLanguageResponse>
     ${parameters(`<Parameter name="state"><JSONPath>$.claim.state</JSONPath></Parameter>
       <Parameter name="days"><JSONPath>$.claim.days</JSONPath></Parameter>
       <Parameter name="id"><Header>X-Claim</Header></Parameter>
       <Parameter name="text"><Value>for {who}</Value></Parameter>
       <Parameter name="count" type="number"><Ref>count</Ref></Parameter>`)}`,
  ).step(exchange);
  assert.deepEqual(JSON.parse(exchange.response?.content ?? ''), {
    fulfillmentResponse: {
      messages: [{ text: { text: ['Hello Ada'] } }, { text: { text: ['Ada'] } }],
      mergeBehavior: 'APPEND',
    },
    sessionInfo: { parameters: { state: 'open', days: 3, id: 'c-7', text: 'for Ada', count: 4 } },
  });
  assert.equal(exchange.response?.headers.line('content-type'), 'application/json');
});

test('in a request it makes the answer, and nothing else is asked', async () => {
  const exchange = exchangeOf();
  await setting('<NaturalLanguageResponse><Phrases><Phrase>hi</Phrase></Phrases></NaturalLanguageResponse>').step(
    exchange,
  );
  assert.equal(exchange.skipsToResponse, true);
  assert.match(exchange.response?.content ?? '', /"hi"/);
});

test('faults', async () => {
  const phrase = '<NaturalLanguageResponse><Phrases><Phrase>{none}</Phrase></Phrases></NaturalLanguageResponse>';
  assert.equal(
    (await faultOf(setting(phrase).step, answered())).code,
    'steps.setdialogflowresponse.UnresolvedVariable',
  );
  const lax = '<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>';
  const exchange = answered();
  await setting(phrase + lax).step(exchange);
  assert.match(exchange.response?.content ?? '', /"text":\[""\]/);
  const path = parameters('<Parameter name="a"><JSONPath>$.x</JSONPath></Parameter>');
  for (const body of ['no json', '['.repeat(50_000)]) {
    assert.equal((await faultOf(setting(path).step, answered(body))).code, 'steps.setdialogflowresponse.InvalidSource');
  }
});

test('mistakes', () => {
  assert.equal(setting(parameters('<Parameter name="a"/>')).diagnostics[0]?.code, 'ZH665');
  const path = parameters('<Parameter name="a"><JSONPath>$.[</JSONPath></Parameter>');
  assert.equal(setting(path).diagnostics[0]?.code, 'PO040');
});
