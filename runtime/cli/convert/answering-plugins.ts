import { isPlain } from './nginx-text.ts';
import { type PluginContext, refuse, templateMember } from './plugin-context.ts';
import { assignMessage, headerList, literalPayload, raise } from './route-plan.ts';
import { xml } from './xml-text.ts';

/** Plugins that let a request in, or answer it themselves. */

export function requestId({ plugin, suffix, plan, diagnostics }: PluginContext): void {
  const { settings } = plugin;
  const name = settings.text('header_name') ?? 'X-Request-Id';
  const algorithm = settings.text('algorithm') ?? 'uuid';
  if (algorithm !== 'uuid') {
    diagnostics.warning('ZH644', settings.place('algorithm'), `Identifiers are UUIDs here, not "${algorithm}".`);
    settings.object('range_id');
  }
  const set = (value: string) => xml('Set', [headerList(new Map([[name, value]]))]);
  const policy = assignMessage(`AM-Request-Id-${suffix}`, 'request', set('{createUuid()}'));
  plan.request.push({ policy, condition: `request.header.${name} = null` });
  if (settings.boolean('include_in_response') === false) return;
  const answer = assignMessage(`AM-Answer-Request-Id-${suffix}`, 'response', set(`{request.header.${name}}`));
  plan.response.push({ policy: answer, condition: `response.header.${name} = null` });
}

export function faultInjection(context: PluginContext): void {
  const { plugin, suffix, plan } = context;
  const { settings } = plugin;
  if (settings.node('delay') !== undefined) refuse(context, 'delay', 'a delay is left out');
  const abort = settings.object('abort');
  if (abort === undefined) return;
  const status = abort.integer('http_status', 200, 599) ?? 500;
  const percentage = abort.integer('percentage', 0, 100) ?? 100;
  for (const name of ['vars', 'headers'])
    if (abort.node(name) !== undefined) refuse(context, 'abort', `${name} is left out`);
  if (percentage < 100 || abort.node('vars') !== undefined) {
    refuse(context, 'abort', 'an abort of some requests only is left out');
    return;
  }
  const body = abort.text('body');
  const payload = body === undefined ? undefined : literalPayload(body, 'text/plain');
  plan.request.push({ policy: raise(`RF-Abort-${suffix}`, status, new Map(), payload ?? xml('Payload', '')) });
  plan.answers = true;
}

export function mocking(context: PluginContext): void {
  const { plugin, suffix, plan } = context;
  const { settings } = plugin;
  if (settings.node('response_schema') !== undefined)
    refuse(context, 'response_schema', 'only response_example is answered');
  if ((settings.integer('delay', 0, 1_000_000) ?? 0) > 0) refuse(context, 'delay', 'a delay is left out');
  const status = settings.integer('response_status', 100, 599) ?? 200;
  const type = settings.text('content_type') ?? 'application/json;charset=utf8';
  const headers = headerFields(context, 'response_headers');
  if (settings.boolean('with_mock_header') !== false) headers.set('x-mock-by', 'zerohop');
  const payload = literalPayload(settings.text('response_example') ?? '', type);
  plan.request.push({ policy: raise(`RF-Mock-${suffix}`, status, headers, payload) });
  plan.answers = true;
}

function headerFields(context: PluginContext, member: string): Map<string, string> {
  const list = context.plugin.settings.object(member);
  const fields = new Map<string, string>();
  for (const name of list?.names ?? []) {
    const value = list?.text(name) ?? '';
    if (isPlain(value)) fields.set(name, value);
    else refuse(context, member, `the value of header ${name} would be taken for a variable`);
  }
  return fields;
}

export function redirect(context: PluginContext): void {
  const { plugin, suffix, plan } = context;
  const { settings } = plugin;
  const name = `RF-Redirect-${suffix}`;
  const to = (location: string): Map<string, string> => new Map([['Location', location]]);
  const empty = xml('Payload', '');
  settings.boolean('encode_uri');
  if (settings.boolean('http_to_https') === true) {
    const location = 'https://{request.header.host}{request.uri}';
    const secure = 'client.scheme = "http"';
    const gentle = '(request.verb = "GET" or request.verb = "HEAD")';
    plan.request.push(
      { policy: raise(name, 301, to(location), empty), condition: `${secure} and ${gentle}` },
      { policy: raise(`${name}-308`, 308, to(location), empty), condition: `${secure} and not ${gentle}` },
    );
    return;
  }
  const location = templateMember(context, 'uri');
  if (location === undefined) {
    refuse(context, 'regex_uri', 'only a redirect to uri is converted');
    settings.texts('regex_uri');
    return;
  }
  const keepsQuery = settings.boolean('append_query_string') === true;
  const status = settings.integer('ret_code', 200, 599) ?? 302;
  const bare = { policy: raise(name, status, to(location), empty) };
  if (keepsQuery) {
    const query = `${location}${location.includes('?') ? '&' : '?'}{request.querystring}`;
    plan.request.push({
      policy: raise(`${name}-Query`, status, to(query), empty),
      condition: 'request.querystring != ""',
    });
  }
  plan.request.push(bare);
  plan.answers = true;
}

/** Methods that `*` stands for. APISIX: cors plugin. */
const allMethods = 'GET, POST, PUT, DELETE, PATCH, HEAD, OPTIONS, CONNECT, TRACE';

export function cors({ plugin, suffix, plan }: PluginContext): void {
  const { settings } = plugin;
  const list = (member: string, anything: string): string => {
    const text = settings.text(member) ?? '*';
    return text === '*' || text === '**' ? anything : text.replaceAll(/\s*,\s*/g, ', ');
  };
  const origins = settings.text('allow_origins') ?? '*';
  const elements = [
    xml('AllowOrigins', origins === '**' ? '{request.header.origin}' : origins.replaceAll(/\s*,\s*/g, ', ')),
    xml('AllowMethods', list('allow_methods', allMethods)),
    xml('AllowHeaders', list('allow_headers', '*')),
    settings.text('expose_headers') === undefined ? undefined : xml('ExposeHeaders', list('expose_headers', '*')),
    xml('MaxAge', String(settings.integer('max_age', -1, 1_000_000_000) ?? 5)),
    settings.boolean('allow_credential') === true ? xml('AllowCredentials', 'true') : undefined,
  ];
  plan.request.push({ policy: xml('CORS', elements, { name: `CORS-${suffix}` }) });
}

/** The address of the connection alone counts, as in APISIX. */
export function ipRestriction({ plugin, suffix, plan }: PluginContext): void {
  const { settings } = plugin;
  const admitted = settings.texts('whitelist');
  const refused = settings.texts('blacklist');
  const message = settings.text('message') ?? 'Your IP address is not allowed';
  const status = settings.integer('response_code', 403, 404) ?? 403;
  const rule = (action: string, addresses: readonly string[]) =>
    addresses.length === 0 ? undefined : xml('MatchRule', addresses.map(sourceAddress), { action });
  const rules = xml('IPRules', [rule('DENY', refused), rule('ALLOW', admitted)], {
    noRuleMatchAction: admitted.length > 0 ? 'DENY' : 'ALLOW',
  });
  // The answer is the plugin's: the check only says whether, the step behind it what.
  const name = `AC-${suffix}`;
  const check = xml('AccessControl', [rules, xml('ClientIPVariable', 'client.ip')], { name, continueOnError: 'true' });
  const payload = literalPayload(JSON.stringify({ message }), 'application/json');
  const answer = raise(`RF-Address-${suffix}`, status, new Map(), payload);
  plan.request.push({ policy: check }, { policy: answer, condition: `acl.${name}.failed = true` });
}

function sourceAddress(text: string) {
  const [address = '', mask] = text.split('/');
  return xml('SourceAddress', address, mask === undefined ? {} : { mask });
}
