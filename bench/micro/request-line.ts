import { type RequestLine, requestJson } from '../../runtime/request-line.ts';
import { measureCases } from './measure.ts';

/** One line of the access log, written out member by member against a general serializer. */
const line: RequestLine = {
  proxy: 'shop',
  endpoint: 'default',
  chain: 'shop -> catalog -> stock',
  method: 'GET',
  path: '/shop/products/42',
  status: 200,
  milliseconds: 1.234,
  client: '127.0.0.1',
  id: '123e4567-e89b-42d3-a456-426614174000',
};
const time = '2026-01-02T03:04:05.678Z';

measureCases([
  { name: 'member by member', run: () => requestJson(line, time) },
  { name: 'JSON.stringify', run: () => `${JSON.stringify({ level: 30, time, ...line, msg: 'request' })}\n` },
]);
