import type { StepPoint, TraceCall, TraceFault, TracePoint, VariableAccess } from '../../debug/trace.ts';
import type { Paint } from '../terminal.ts';

/** A call as a tree: the chain, flows, conditions and steps with their times, faults with the file and line they come from. */
export function traceTree(call: TraceCall, paint: Paint, showsVariables: boolean): string {
  return [headOf(call, paint), ...branches(call.points, '', { paint, showsVariables })]
    .map((line) => `${line}\n`)
    .join('');
}

interface Style {
  readonly paint: Paint;
  readonly showsVariables: boolean;
}

function headOf(call: TraceCall, paint: Paint): string {
  const status = call.status === null ? paint('red', 'no answer') : statusText(call.status, paint);
  const time = paint('dim', milliseconds(call.duration));
  const where = `${call.proxy}${call.endpoint === 'default' ? '' : `/${call.endpoint}`}`;
  const rest = [
    call.opaque ? 'its files are gone: only messages are known' : '',
    call.completed ? '' : 'still running',
    call.dropped > 0 ? `${call.dropped} points left out` : '',
  ].filter((text) => text !== '');
  const remark = rest.length === 0 ? '' : paint('yellow', ` (${rest.join('; ')})`);
  return `${paint('bold', where)} ${call.verb} ${clean(call.uri)}  ${status}  ${time}${remark}`;
}

function branches(points: readonly TracePoint[], indent: string, style: Style): string[] {
  return points.flatMap((point, index) => {
    const isLast = index === points.length - 1;
    const [head = '', ...more] = linesOf(point, style);
    const below = `${indent}${isLast ? '   ' : '│  '}`;
    const inside = point.kind === 'call' ? point.call.points : 'points' in point ? point.points : [];
    return [
      `${indent}${isLast ? '└─ ' : '├─ '}${head}`,
      ...more.map((line) => `${below}${inside.length > 0 ? '│  ' : '   '}${line}`),
      ...branches(inside, below, style),
    ];
  });
}

/** The line of a point, and lines below it. */
function linesOf(point: TracePoint, style: Style): string[] {
  const { paint } = style;
  const time = paint('dim', milliseconds(point.duration));
  switch (point.kind) {
    case 'flow':
      return [`${paint('cyan', point.name)} ${point.side} ${point.direction}  ${time}`];
    case 'sharedFlow': {
      const hook = point.hook === null ? '' : ` (${point.hook})`;
      return [`${paint('cyan', `shared flow ${point.name}`)}${hook}  ${time}`];
    }
    case 'condition': {
      const head = `${point.of === 'faultRule' ? 'fault rule' : point.of} ${point.name}: ${verdict(point.result, paint)}`;
      return [`${head}  ${paint('dim', clean(point.text))}`, ...variables(point.variables, style)];
    }
    case 'step':
      return stepLines(point, style);
    case 'route':
      return [`route ${point.name}${point.target === '' ? '' : ` to ${point.target}`}`];
    case 'target': {
      const status = point.status === null ? '' : `  ${statusText(point.status, paint)}`;
      const url = point.connection === 'local' || point.url === null ? 'in memory' : clean(point.url);
      const name = point.name === '' ? 'target' : `target ${point.name}`;
      return [
        `${name} ${url}${status}  ${time}`,
        ...faultLines(point.fault, paint),
        ...variables(point.variables, style),
      ];
    }
    case 'fault':
      return [paint('red', 'fault'), ...faultLines(point.fault, paint)];
    case 'faultRule':
      return [`${paint('cyan', `${point.isDefault ? 'default fault rule' : 'fault rule'} ${point.name}`)}  ${time}`];
    case 'call':
      return [headOf(point.call, paint)];
  }
}

function stepLines(point: StepPoint, style: Style): string[] {
  const { paint } = style;
  const { condition, fault, outcome } = point;
  const name = outcome === 'failed' ? paint('red', point.policy) : point.policy;
  const state =
    outcome === 'ran'
      ? paint('dim', milliseconds(point.duration))
      : outcome === 'failed'
        ? `${paint('red', 'failed')} ${paint('dim', milliseconds(point.duration))}`
        : paint('dim', outcome);
  const when = condition === null ? '' : paint('dim', `  if ${clean(condition.text)}`);
  return [
    `${name} ${paint('dim', point.type)}  ${state}${when}`,
    ...faultLines(fault, paint),
    ...variables(point.variables, style),
  ];
}

function faultLines(fault: TraceFault | null, paint: Paint): string[] {
  if (fault === null) return [];
  const place = fault.file === null ? '' : `  ${fault.policy} (${fault.file}:${fault.line})`;
  const rule = fault.handledBy === null ? '' : `  taken by fault rule ${fault.handledBy}`;
  return [`${paint('red', `${fault.code}: ${clean(fault.message)}`)}${place}${rule}`];
}

function variables(list: readonly VariableAccess[], { paint, showsVariables }: Style): string[] {
  if (!showsVariables) return [];
  return list.map(({ action, name, value }) => {
    const shown = action === 'remove' ? '' : ` = ${value === null ? 'null' : clean(JSON.stringify(cut(value)))}`;
    return paint('dim', `${action} ${name}${shown}`);
  });
}

function verdict(result: boolean, paint: Paint): string {
  return result ? paint('green', 'true') : paint('yellow', 'false');
}

function statusText(status: number, paint: Paint): string {
  return paint(status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'green', String(status));
}

function milliseconds(time: number): string {
  return time >= 100 ? `${Math.round(time)} ms` : `${time.toFixed(time >= 10 ? 1 : 2)} ms`;
}

const longestValue = 120;

function cut(text: string): string {
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}

/** On one line, and nothing in it that a terminal obeys. */
function clean(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, '?')
    .trim();
}
