import type { Diagnostics } from '../diagnostic.ts';
import type { KeyValueMapFile } from './environment.ts';
import { type JsonFields, listOf } from './json-fields.ts';
import { type JsonNode, plainJson } from './json-source.ts';

/** `maps.json` or `kvms.json`; maps of another environment are left out. */
export function readKeyValueMaps(root: JsonNode, environment: string, diagnostics: Diagnostics): KeyValueMapFile[] {
  return listOf(root, 'keyValueMaps', 'A key value map', diagnostics).flatMap((fields) => {
    const name = fields.requiredText('name');
    const scope = fields.oneOf('scope', ['organization', 'environment', 'apiproxy']) ?? 'environment';
    const its = fields.text('environment') ?? environment;
    const proxy = fields.text('apiproxy') ?? fields.text('proxy');
    const encrypted = fields.boolean('encrypted') ?? false;
    const entries = entriesOf(fields);
    if (scope === 'apiproxy' && proxy === undefined) {
      fields.error('scope', 'A map of scope "apiproxy" needs the proxy it belongs to.', 'Add "apiproxy": "NAME".');
    }
    fields.reportMisspelt();
    return name === undefined || its !== environment ? [] : [{ name, scope, proxy, encrypted, entries }];
  });
}

/** `"entries": { "k": "v" }`, or a list of `{ "name", "value" }` under `entry`, `entries` or `keyValueEntries`. */
function entriesOf(fields: JsonFields): Map<string, string> {
  const entries = new Map<string, string>();
  if (fields.node('entries')?.kind === 'object') {
    const declared = fields.object('entries');
    for (const name of declared?.names ?? []) entries.set(name, textOf(declared, name));
  }
  for (const member of ['entry', 'entries', 'keyValueEntries']) {
    if (fields.node(member)?.kind === 'object') continue;
    for (const one of fields.objects(member, 'An entry')) {
      const name = one.requiredText('name');
      if (name !== undefined) entries.set(name, textOf(one, 'value'));
    }
  }
  return entries;
}

/** Objects and lists are stored as JSON text, which is how scripts read them back. */
function textOf(fields: JsonFields | undefined, name: string): string {
  const node = fields?.node(name);
  if (node === undefined) return '';
  if (node.kind === 'scalar') return String(node.value);
  return JSON.stringify(plainJson(node));
}
