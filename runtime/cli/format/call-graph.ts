import type { Call, CallMap, CallNode } from '../../deployment/call-map.ts';
import type { Paint } from '../terminal.ts';

export const graphFormats = ['text', 'mermaid', 'dot', 'json'] as const;
export type GraphFormat = (typeof graphFormats)[number];

/** A call graph as text; `paint` is for the format that people read. Ends with a line break. */
export function formatGraph(map: CallMap, format: GraphFormat, paint: Paint): string {
  if (format === 'json') return `${JSON.stringify(map, (_key, value) => value ?? null, 2)}\n`;
  if (format === 'mermaid') return mermaid(map);
  return format === 'dot' ? dot(map) : tree(map, paint);
}

/** Each proxy that nobody calls, with what it calls below it; then those that are only part of a circle. */
function tree({ nodes, calls }: CallMap, paint: Paint): string {
  if (nodes.length === 0) return 'No proxy is deployed.\n';
  const called = new Set(calls.map((call) => call.to));
  const lines: string[] = [];
  const shown = new Set<string>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const write = (node: CallNode, lead: string, indent: string, path: readonly string[]): void => {
    const title = `${lead}${paint('bold', node.id)}  ${paint('dim', node.basePath)}`;
    const own = calls.filter((call) => call.from === node.id);
    if (path.includes(node.id)) {
      const circle = [...path.slice(path.indexOf(node.id)), node.id].join(' -> ');
      lines.push(`${title}  ${paint('yellow', `loop: ${circle}`)}`);
      return;
    }
    const isKnown = shown.has(node.id) && own.length > 0;
    lines.push(isKnown ? `${title}  ${paint('dim', '(see above)')}` : title);
    if (isKnown) return;
    shown.add(node.id);
    for (const call of own) {
      const arrow = `${indent}-> `;
      const to = call.to === undefined ? undefined : byId.get(call.to);
      const by = call.policy === undefined ? '' : paint('dim', `by ${call.policy}: `);
      if (to === undefined) lines.push(`${arrow}${by}${call.wanted}  ${paint('red', 'missing: not deployed')}`);
      else write(to, arrow + by, `${indent}   `, [...path, node.id]);
    }
  };
  for (const node of nodes) if (!called.has(node.id)) write(node, '', '  ', []);
  for (const node of nodes) if (!shown.has(node.id)) write(node, '', '  ', []);
  return `${lines.join('\n')}\n`;
}

function mermaid({ nodes, calls }: CallMap): string {
  const ids = numbered(nodes, calls);
  const lines = ['flowchart LR'];
  for (const node of nodes) lines.push(`  ${ids.get(node.id)}["${plain(node.id)}<br>${plain(node.basePath)}"]`);
  for (const wanted of missing(calls)) lines.push(`  ${ids.get(wanted)}["${plain(wanted)}<br>missing"]:::missing`);
  for (const call of calls) {
    const label = labelOf(call);
    const arrow = call.loop ? '==>' : call.to === undefined ? '-.->' : '-->';
    const text = label === '' ? '' : `|"${plain(label)}"|`;
    lines.push(`  ${ids.get(call.from)} ${arrow}${text} ${ids.get(call.to ?? missingId(call.wanted))}`);
  }
  if (missing(calls).length > 0) lines.push('  classDef missing stroke-dasharray: 4, stroke: #c00');
  return `${lines.join('\n')}\n`;
}

function dot({ nodes, calls }: CallMap): string {
  const quote = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  const lines = ['digraph zerohop {', '  rankdir=LR;', '  node [shape=box];'];
  for (const { id, basePath } of nodes) lines.push(`  ${quote(id)} [label=${quote(`${id}\n${basePath}`)}];`);
  for (const wanted of missing(calls)) {
    const label = `${wanted.slice(1)}\nmissing`;
    lines.push(`  ${quote(wanted)} [label=${quote(label)}, style=dashed, color=red];`);
  }
  for (const call of calls) {
    const style = call.loop ? ', color=orange, penwidth=2' : call.to === undefined ? ', style=dashed' : '';
    const to = quote(call.to ?? missingId(call.wanted));
    lines.push(`  ${quote(call.from)} -> ${to} [label=${quote(labelOf(call))}${style}];`);
  }
  return `${lines.join('\n')}\n}\n`;
}

function labelOf({ policy, loop }: Call): string {
  return [policy ?? '', loop ? 'loop' : ''].filter((part) => part !== '').join(', ');
}

/** A node that is only wanted must not be mistaken for a proxy of that name. */
function missingId(wanted: string): string {
  return `?${wanted}`;
}

function missing(calls: readonly Call[]): string[] {
  return [...new Set(calls.filter((call) => call.to === undefined).map((call) => missingId(call.wanted)))];
}

function numbered(nodes: readonly CallNode[], calls: readonly Call[]): Map<string, string> {
  return new Map([...nodes.map((node) => node.id), ...missing(calls)].map((id, index) => [id, `p${index}`]));
}

/** What mermaid takes for markup, as entities. */
function plain(text: string): string {
  return text.replace(/^\?/, '').replace(/["<>&#]/g, (character) => `#${character.charCodeAt(0)};`);
}
