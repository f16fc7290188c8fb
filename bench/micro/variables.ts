/** What reading and writing one flow variable costs: `npm run build`, then `node dist/bench/micro/variables.js`. */
import { createVariableAccess, variableReader, variableWriter } from '../../runtime/language/variables.ts';
import { Phase } from '../../runtime/message/exchange.ts';
import { exchangeOf, responseOf } from '../../test/support/exchange.ts';
import { type Case, measureCases } from './measure.ts';

const exchange = exchangeOf({
  uri: '/v1/orders/4711?q=teapot&page=2',
  headers: [
    ...['Host', 'api.example.com', 'User-Agent', 'curl/8.5.0', 'Accept', '*/*', 'Content-Type', 'application/json'],
    ...[
      'X-Request-Id',
      '7f3a',
      'X-Forwarded-For',
      '10.0.0.7, 10.0.0.8',
      'Authorization',
      'Bearer abc',
      'Cookie',
      'a=1',
    ],
  ],
  response: responseOf({ status: 200 }),
  phase: Phase.proxyResponse,
  variables: { 'flow.tier': 'gold', 'sc.answer': responseOf({ status: 200, headers: { etag: '"1"' } }) },
});

const names = [
  ...['request.verb', 'proxy.pathsuffix', 'request.path', 'request.uri', 'proxy.url', 'response.status.code'],
  ...['request.header.authorization', 'request.header.none', 'request.header.x-forwarded-for.2'],
  ...['request.queryparam.q', 'request.queryparam.none', 'message.header.etag', 'flow.tier', 'none'],
  ...['sc.answer.status.code', 'sc.answer.header.etag', 'client.ip', 'messageid', 'system.timestamp', 'proxy.chain'],
];

const access = createVariableAccess();
const writeTier = variableWriter('flow.tier');
const writeHeader = variableWriter('request.header.x-request-id');

measureCases([
  ...names.map((name): Case => {
    const read = variableReader(name);
    // A variable without value counts as one here.
    return { name, run: () => read(exchange) ?? 0 };
  }),
  { name: 'flow.tier, by a name known late', run: () => access.read(exchange, 'flow.tier') },
  { name: 'flow.tier, written', run: () => writeTier(exchange, 'silver') ?? 0 },
  { name: 'request.header.x-request-id, written', run: () => writeHeader(exchange, '4711') ?? 0 },
]);
