import { Router } from '../../runtime/deployment/router.ts';
import type { Endpoint } from '../../runtime/message/exchange.ts';
import { measureCases } from './measure.ts';

/** Base paths by a tree of segments, with 10 and 10,000 of them, against a list searched longest first. */
function endpointsOf(count: number): Endpoint[] {
  return Array.from({ length: count }, (_, index) => ({
    proxy: `p${index}`,
    revision: '1',
    name: 'default',
    basePath: `/v${index % 7}/orders/p${index}`,
    properties: new Map(),
    requestLimit: 0,
    run: () => undefined,
    finish: () => undefined,
  }));
}

const [few, many] = [endpointsOf(10), endpointsOf(10_000)];
const [fewRouter, manyRouter] = [new Router(few), new Router(many)];
const linear = (list: readonly Endpoint[], path: string) => list.find((one) => path.startsWith(`${one.basePath}/`));

measureCases([
  { name: 'tree, 10', run: () => fewRouter.find('/v2/orders/p9/items/42') },
  { name: 'tree, 10,000', run: () => manyRouter.find('/v3/orders/p9999/items/42') },
  { name: 'list, 10', run: () => linear(few, '/v2/orders/p9/items/42') },
]);
