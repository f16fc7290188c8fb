import type { Place } from '../diagnostic.ts';
import { placeWithin } from '../diagnostic.ts';
import { scanTemplate } from '../language/template-scan.ts';
import type { Exchange } from '../message/exchange.ts';
import type { LdapEngine } from './ldap-engine.ts';
import type { Compiler } from './policy.ts';

/** Search filters with variables in them. */

export type Query = (exchange: Exchange) => string;

/** RFC 4515 section 3: what means something in a filter, and all that is not ASCII text is safe as it is. */
export function escapeFilter(value: string): string {
  return value.replace(/[\\*()\0]/g, (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/**
 * A filter such as `mail={request.header.mail}`, whose variables are data: no value of theirs changes what is asked.
 * @param unresolved called for a variable without value
 */
export function compileQuery(
  query: { readonly text: string; readonly at: Place },
  compiler: Compiler,
  engine: LdapEngine,
  unresolved: (name: string) => never,
): Query {
  const { pieces } = scanTemplate(query.text, '{', '}');
  const parts = pieces.map((piece): string | Query => {
    if (piece.kind === 'text') return piece.text;
    const { index, length } = piece;
    const written = query.text.slice(index, index + length);
    const template = compiler.template(written, placeWithin(query.at, index, length), { unresolved });
    return (exchange) => escapeFilter(template.render(exchange));
  });
  const mistake = engine.filterMistake(inBrackets(parts.map((one) => (typeof one === 'string' ? one : 'x')).join('')));
  if (mistake !== undefined) {
    const hint = 'Write such as (&(objectClass=person)(mail={request.header.mail})); RFC 4515.';
    compiler.error('ZH614', query.at, `"${query.text}" is no search filter.`, hint);
  }
  return (exchange) => {
    let text = '';
    for (const part of parts) text += typeof part === 'string' ? part : part(exchange);
    return inBrackets(text);
  };
}

/** Apigee writes filters without the outermost brackets. */
function inBrackets(filter: string): string {
  const trimmed = filter.trim();
  return trimmed.startsWith('(') ? trimmed : `(${trimmed})`;
}
