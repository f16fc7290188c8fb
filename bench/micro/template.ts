/** What rendering one message template costs: `npm run build`, then `node dist/bench/micro/template.js`. */
import { compileTemplate } from '../../runtime/language/template.ts';
import { exchangeOf } from '../../test/support/exchange.ts';
import { type Case, measureCases } from './measure.ts';

const exchange = exchangeOf({
  uri: '/v1/orders/4711?q=teapot',
  headers: { host: 'api.example.com', 'x-request-id': '7f3a' },
  body: '{"id":4711,"items":[{"name":"Teapot","price":24.5}]}',
  variables: { name: 'Ada', 'flow.tier': 'gold', alpha: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' },
});

const templates = [
  'constant text',
  '{name}',
  'Hello {name}!',
  '{request.verb} {request.uri}',
  '{missing:default}',
  '{"verb":"{request.verb}","path":"{request.path}","id":"{request.header.x-request-id}","tier":"{flow.tier}"}',
  '{toUpperCase(name)}',
  '{substring(alpha,-8,-4)}',
  "{replaceAll(alpha,'[AEIOU]','-')}",
  '{escapeJSON(name)}',
  "{jsonPath('$.items[0].name',request.content)}",
  '{sha256Hex(name)}',
  "{timeFormatUTCMs('yyyy-MM-dd HH:mm:ss',client.received.start.timestamp)}",
  '{createUuid()}',
];

measureCases(
  templates.map((text): Case => {
    const { render } = compileTemplate(text, { xpath: undefined });
    return { name: text, run: () => render(exchange) };
  }),
);
