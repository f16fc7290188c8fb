import { scanTemplate } from '../../language/template-scan.ts';

/** Flow variables that hold what nginx variables do. Nginx: ngx_http_core_module, variables. */
const variables: ReadonlyMap<string, string> = new Map([
  ['remote_addr', 'client.ip'],
  ['remote_port', 'client.port'],
  ['host', 'request.header.host'],
  ['scheme', 'client.scheme'],
  ['request_method', 'request.verb'],
  ['uri', 'request.path'],
  ['request_uri', 'request.uri'],
  ['args', 'request.querystring'],
  ['query_string', 'request.querystring'],
  ['content_type', 'request.header.content-type'],
  ['request_id', 'messageid'],
]);

/** The flow variable for an nginx variable, without `$`; undefined when there is none. */
export function flowVariable(name: string): string | undefined {
  const known = variables.get(name);
  if (known !== undefined) return known;
  const [, kind, rest = ''] = /^(arg|http|post_arg)_(\w+)$/.exec(name) ?? [];
  if (kind === 'arg') return `request.queryparam.${rest}`;
  if (kind === 'post_arg') return `request.formparam.${rest}`;
  return kind === 'http' ? `request.header.${rest.replaceAll('_', '-')}` : undefined;
}

/** A message template that gives what a text with `$name` or `${name}` gives; undefined when there is none. */
export function templateOf(text: string): string | undefined {
  if (!isPlain(text.replaceAll(/\$\{\w+\}/g, ''))) return undefined;
  let known = true;
  const template = text.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced: string | undefined, bare = '') => {
    const variable = flowVariable(braced ?? String(bare));
    if (variable === undefined) known = false;
    return variable === undefined ? whole : `{${variable}}`;
  });
  return known ? template : undefined;
}

/** Whether a message template of this text is the text itself. */
export function isPlain(text: string): boolean {
  return scanTemplate(text, '{', '}').pieces.every((piece) => piece.kind === 'text');
}

/** A text inside the double quotes of a condition; undefined when it cannot stand there. */
export function quoted(text: string): string | undefined {
  return /["\r\n]/.test(text) ? undefined : `"${text}"`;
}
