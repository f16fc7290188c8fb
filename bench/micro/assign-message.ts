/**
 * What one AssignMessage costs, in nanoseconds, on a request with ten header fields: `npm run build`, then
 * `node dist/bench/micro/assign-message.js`. The cost of giving every round a fresh message is measured alone and taken off.
 */
import type { Exchange } from '../../runtime/message/exchange.ts';
import { Headers } from '../../runtime/message/headers.ts';
import { AssignMessage } from '../../runtime/policies/AssignMessage.ts';
import type { Step } from '../../runtime/policies/policy.ts';
import { exchangeOf } from '../../test/support/exchange.ts';
import { compilePolicy } from '../../test/support/policy.ts';

const rounds = 500_000;
const repetitions = 7;

const cases: readonly (readonly [string, string])[] = [
  ['adds one header', '<Add><Headers><Header name="X-Tier">gold</Header></Headers></Add>'],
  ['sets one header that is there', '<Set><Headers><Header name="X-Request-Id">4711</Header></Headers></Set>'],
  ['adds a header from a variable', '<Add><Headers><Header name="X-Verb">{request.verb}</Header></Headers></Add>'],
  [
    'adds a header from a header and text',
    '<Add><Headers><Header name="X-Agent">via {request.header.user-agent}, me</Header></Headers></Add>',
  ],
  ['removes one header', '<Remove><Headers><Header name="X-Request-Id"/></Headers></Remove>'],
  ['sets a variable', '<AssignVariable><Name>flow.tier</Name><Value>gold</Value></AssignVariable>'],
  ['sets a constant payload', '<Set><Payload contentType="application/json">{"a":1}</Payload></Set>'],
  [
    'sets a payload from a variable',
    '<Set><Payload contentType="application/json">{"v":"{request.verb}"}</Payload></Set>',
  ],
  [
    'does five things',
    `<Add><Headers><Header name="X-Tier">gold</Header><Header name="X-Verb">{request.verb}</Header></Headers></Add>
     <Remove><Headers><Header name="X-Request-Id"/></Headers></Remove>
     <Set><Headers><Header name="Accept">application/json</Header></Headers></Set>
     <AssignVariable><Name>flow.tier</Name><Value>gold</Value></AssignVariable>`,
  ],
];

const fields = [
  ...['Host', 'api.example.com', 'User-Agent', 'curl/8.5.0', 'Accept', '*/*', 'Accept-Encoding', 'gzip, br'],
  ...['Content-Type', 'application/json', 'Content-Length', '0', 'X-Request-Id', '7f3a', 'X-Forwarded-For', '10.0.0.7'],
  ...['Authorization', 'Bearer abc', 'Traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
];

const steps = cases.map(([name, inner]) => {
  const { step } = compilePolicy(AssignMessage, `<AssignMessage name="AM">${inner}</AssignMessage>`);
  return { name, step, best: Number.POSITIVE_INFINITY };
});
const nothing = { name: 'nothing', step: () => undefined, best: Number.POSITIVE_INFINITY };

// Every case in turn, again and again, so that none has the compiled code of the loop to itself. The fastest round of
// each counts: what disturbs a measurement only makes it longer.
const exchange = exchangeOf();
for (let count = 0; count < repetitions; count++) {
  for (const one of [nothing, ...steps]) one.best = Math.min(one.best, measure(one.step, exchange));
}
for (const { name, best } of steps) console.log(`${(best - nothing.best).toFixed(0).padStart(6)} ns  ${name}`);

/** Nanoseconds a round takes. */
function measure(step: Step, exchange: Exchange): number {
  const started = process.hrtime.bigint();
  for (let round = 0; round < rounds; round++) {
    exchange.request.headers = new Headers([...fields]);
    step(exchange);
  }
  return Number(process.hrtime.bigint() - started) / rounds;
}
