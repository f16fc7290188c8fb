import { toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import type { Asked } from '../state/consumers.ts';
import type { Compiler } from './policy.ts';

/**
 * What a call asks a key or token for. Scripts may set `flow.resource.name` to have products compared with that in place
 * of the path. Apigee: API products, flow variables reference.
 */
export function askedReader(compiler: Compiler): (exchange: Exchange) => Asked {
  const resource = compiler.reader('flow.resource.name');
  return (exchange) => {
    const path = resource(exchange);
    return {
      proxy: exchange.endpoint.proxy,
      environment: exchange.directory.environment,
      method: exchange.request.verb,
      path: path === undefined || path === null ? exchange.pathSuffix : toText(path),
    };
  };
}
