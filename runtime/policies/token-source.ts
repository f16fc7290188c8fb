import { toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import type { Compiler } from './policy.ts';
import { unresolved } from './token-claims.ts';

/**
 * The token: in the variable of `Source`, else in the header Authorization, behind `Bearer`.
 * @throws TokenFailure FailedToResolveVariable
 */
export function tokenSource(variable: string | undefined, compiler: Compiler): (exchange: Exchange) => string {
  const name = variable ?? 'request.header.authorization';
  const isAuthorization = /\.header\.authorization$/i.test(name);
  const read = compiler.reader(name);
  return (exchange) => {
    const value = read(exchange);
    if (value === undefined || value === null) throw unresolved(name);
    const text = toText(value).trim();
    return isAuthorization ? text.replace(/^bearer +/i, '') : text;
  };
}
