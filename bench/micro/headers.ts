import { Headers } from '../../runtime/message/headers.ts';
import { measureCases } from './measure.ts';

/** A flat array searched linearly and shared until it is written to, against a Map that is copied. */
const raw = [
  ['Host', 'api.example.com'],
  ['User-Agent', 'client/1.0'],
  ['Accept', 'application/json'],
  ['Accept-Encoding', 'gzip, br'],
  ['Accept-Language', 'en'],
  ['Authorization', 'Bearer abcdefghijklmnop'],
  ['Content-Type', 'application/json'],
  ['Content-Length', '123'],
  ['X-Request-Id', '0123456789abcdef'],
  ['X-Forwarded-For', '203.0.113.7'],
].flat();
const headers = new Headers([...raw]);
const pairs = raw.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1] ?? ''] as const] : []));
const map = new Map(pairs);

measureCases([
  { name: 'flat array: read the ninth', run: () => headers.line('x-request-id') },
  { name: 'Map: read, name lower-cased', run: () => map.get('X-Request-Id'.toLowerCase()) },
  { name: 'flat array: hand over', run: () => headers.share() },
  { name: 'Map: hand over a copy', run: () => new Map(map) },
  {
    name: 'flat array: hand over and change one',
    run: () => {
      const copy = headers.share();
      copy.set('X-Hop', '1');
      return copy;
    },
  },
  { name: 'Map: hand over a copy and change one', run: () => new Map(map).set('x-hop', '1') },
]);
