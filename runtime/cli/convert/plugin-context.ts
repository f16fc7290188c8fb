import type { Diagnostics } from '../../diagnostic.ts';
import type { Plugin } from './apisix-route.ts';
import { templateOf } from './nginx-text.ts';
import type { RoutePlan } from './route-plan.ts';

/** What the conversion of a plugin works on. */
export interface PluginContext {
  readonly plugin: Plugin;
  /** Ends the names of this route's policies. */
  readonly suffix: string;
  readonly plan: RoutePlan;
  readonly diagnostics: Diagnostics;
}

export type PluginConversion = (context: PluginContext) => void;

/** Something of a plugin that is left out. */
export function refuse({ plugin, diagnostics }: PluginContext, member: string, what: string): void {
  diagnostics.error('ZH643', plugin.settings.place(member), `Plugin ${plugin.name}: ${what}.`);
}

/** A member as a message template; undefined when it is absent, or holds what no template says, which is reported. */
export function templateMember(context: PluginContext, member: string): string | undefined {
  const text = context.plugin.settings.text(member);
  if (text === undefined) return undefined;
  const template = templateOf(text);
  if (template === undefined) refuse(context, member, `"${text}" cannot be said by a message template`);
  return template;
}

/** What a plugin does to headers: `{ set, add, remove }`, or the old form, which only sets. */
export interface HeaderChanges {
  readonly set: ReadonlyMap<string, string>;
  readonly add: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
}

export function headerChanges(context: PluginContext): HeaderChanges {
  const { settings } = context.plugin;
  const headers = settings.object('headers');
  const set = new Map<string, string>();
  const add = new Map<string, string>();
  const remove: string[] = [];
  if (headers === undefined) return { set, add, remove };
  const put = (map: Map<string, string>, name: string, text: string): void => {
    const template = templateOf(text);
    if (template !== undefined) map.set(name, template);
    else refuse(context, 'headers', `the value of header ${name} cannot be said by a message template`);
  };
  const grouped = headers.names.every((name) => name === 'set' || name === 'add' || name === 'remove');
  const groups: [string, Map<string, string>][] = [
    ['set', set],
    ['add', add],
  ];
  if (!grouped) for (const name of headers.names) put(set, name, headers.text(name) ?? '');
  for (const [group, map] of grouped ? groups : []) {
    const node = headers.node(group);
    // A list of `Name: value` is another way to write what is added.
    if (node?.kind === 'array') {
      for (const line of headers.texts(group)) put(map, line.split(':')[0] ?? '', line.replace(/^[^:]*:\s*/, ''));
      continue;
    }
    const list = headers.object(group);
    for (const name of list?.names ?? []) put(map, name, list?.text(name) ?? '');
  }
  if (grouped) remove.push(...headers.texts('remove'));
  // An empty value takes a header away in the old form.
  for (const [name, value] of set) if (value === '' && set.delete(name)) remove.push(name);
  return { set, add, remove };
}
