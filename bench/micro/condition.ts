/** What one condition costs: `npm run build`, then `node dist/bench/micro/condition.js`. */
import { compileCondition } from '../../runtime/language/condition.ts';
import { exchangeOf, responseOf } from '../../test/support/exchange.ts';
import { type Case, measureCases } from './measure.ts';

const exchange = exchangeOf({
  verb: 'GET',
  uri: '/v1/orders/4711/items?q=teapot',
  headers: { host: 'api.example.com', 'user-agent': 'curl/8.5.0', accept: 'application/json', 'x-tier': 'gold' },
  response: responseOf({ status: 404 }),
  variables: { 'flow.tier': 'gold', count: '12' },
});

const conditions = [
  'request.verb = "GET"',
  'proxy.pathsuffix MatchesPath "/orders"',
  'proxy.pathsuffix MatchesPath "/orders/*/items"',
  'proxy.pathsuffix MatchesPath "/orders/**"',
  'proxy.pathsuffix MatchesPath "/**/items"',
  '(proxy.pathsuffix MatchesPath "/orders/{id}/items") and (request.verb = "GET")',
  'proxy.pathsuffix Matches "/orders/*"',
  'proxy.pathsuffix JavaRegex "/orders/\\d+/items"',
  'proxy.pathsuffix StartsWith "/orders"',
  'request.header.x-tier = "gold"',
  'request.header.none = null',
  'request.queryparam.q != "x"',
  'flow.tier := "GOLD"',
  'response.status.code = 404',
  'response.status.code >= 400',
  'count GreaterThan "9"',
  'fault.name = "x"',
];

measureCases(
  conditions.map((text): Case => {
    const condition = compileCondition(text);
    if (Array.isArray(condition)) throw new Error(`${text}: ${condition[0]?.message}`);
    return { name: text, run: () => condition.test(exchange) };
  }),
);
