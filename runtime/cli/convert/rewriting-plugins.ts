import type { JsonFields } from '../../bundle/json-fields.ts';
import { isPlain } from './nginx-text.ts';
import { type HeaderChanges, headerChanges, type PluginContext, refuse, templateMember } from './plugin-context.ts';
import { assignMessage, headerList, literalPayload } from './route-plan.ts';
import { type Xml, xml } from './xml-text.ts';

/** Plugins that change what goes to the target, or comes back from it. */

export function proxyChain(context: PluginContext): void {
  const { plugin, suffix, plan } = context;
  const names = new Set<string>();
  const services = plugin.settings.objects('services', 'A service').flatMap((one) => {
    const uri = one.requiredText('uri');
    const method = one.oneOf('method', ['GET', 'POST', 'PUT', 'DELETE']);
    for (const [name] of one.unread)
      refuse(context, 'services', `"${name}" of a service has no effect in the plugin either`);
    if (uri === undefined) return [];
    if (!isPlain(uri)) refuse(context, 'services', `the braces in ${uri} would be taken for a variable`);
    return [xml('Service', [xml('URI', uri), method && xml('Method', method)], { name: nameOf(uri, names) })];
  });
  const header = plugin.settings.text('token_header');
  const content = [header === undefined ? undefined : xml('TokenHeader', header), xml('Services', services)];
  const policy = xml('ProxyChain', content, { name: `PC-${suffix}`, compat: 'apisix' });
  if (services.length === 0) refuse(context, 'services', 'there are no services');
  else plan.request.push({ policy });
}

/** The first word of the host, unless it is taken or a number. */
function nameOf(uri: string, taken: Set<string>): string {
  const word = /^https?:\/\/([a-z][\w-]*)/i.exec(uri)?.[1]?.toLowerCase() ?? 'service';
  let name = word;
  for (let count = 2; taken.has(name); count++) name = `${word}-${count}`;
  taken.add(name);
  return name;
}

export function proxyRewrite(context: PluginContext): void {
  const { plugin, suffix, plan } = context;
  const { settings } = plugin;
  plan.path = templateMember(context, 'uri') ?? rewrittenPath(context);
  plan.host = templateMember(context, 'host');
  const verb = settings.text('method');
  const { set, add, remove } = headerChanges(context);
  settings.boolean('use_real_request_uri_unsafe');
  if (verb === undefined && set.size + add.size + remove.length === 0) return;
  const setting = [headerList(set), verb === undefined ? undefined : xml('Verb', verb)];
  const policy = assignMessage(`AM-Rewrite-${suffix}`, 'request', ...headerActions({ set, add, remove }, setting));
  plan.toTarget.push({ policy });
}

function headerActions({ add, remove }: HeaderChanges, setting: readonly (Xml | undefined)[]): (Xml | undefined)[] {
  const added = headerList(add);
  const removed = remove.map((name) => xml('Header', [], { name }));
  return [
    removed.length === 0 ? undefined : xml('Remove', [xml('Headers', removed)]),
    setting.some((one) => one !== undefined) ? xml('Set', setting) : undefined,
    added === undefined ? undefined : xml('Add', [added]),
  ];
}

/** `regex_uri`: what matches first is replaced; `$1` is a group in both languages. */
function rewrittenPath(context: PluginContext): string | undefined {
  const { settings } = context.plugin;
  const words = settings.texts('regex_uri');
  if (words.length === 0) return undefined;
  const [from = '', to = ''] = words;
  if (words.length > 2) refuse(context, 'regex_uri', 'only the first pair is converted');
  if (`${from}${to}`.includes("'") || /\$(?!\d)/.test(to)) {
    refuse(context, 'regex_uri', 'this expression cannot be said by a message template');
    return undefined;
  }
  return `{replaceFirst(request.path,'${from}','${to}')}`;
}

export function responseRewrite(context: PluginContext): void {
  const { plugin, suffix, plan } = context;
  const { settings } = plugin;
  if (settings.node('vars') !== undefined) refuse(context, 'vars', 'it is applied to every answer here');
  if (settings.node('filters') !== undefined) refuse(context, 'filters', 'filters are left out');
  const status = settings.integer('status_code', 200, 598);
  const body = bodyOf(settings);
  const changes = headerChanges(context);
  const payload = body === undefined ? undefined : literalPayload(body, typeOf(changes));
  const setting = [
    headerList(changes.set),
    payload,
    status === undefined ? undefined : xml('StatusCode', String(status)),
  ];
  const policy = assignMessage(`AM-Response-${suffix}`, 'response', ...headerActions(changes, setting));
  plan.response.push({ policy });
}

function bodyOf(settings: JsonFields): string | undefined {
  const body = settings.text('body');
  if (settings.boolean('body_base64') !== true || body === undefined) return body;
  return Buffer.from(body, 'base64').toString();
}

/** The plugin leaves the type as it is; a payload of ours has one. */
function typeOf({ set }: HeaderChanges): string {
  for (const [name, value] of set) if (name.toLowerCase() === 'content-type') return value;
  return '{response.header.content-type}';
}
