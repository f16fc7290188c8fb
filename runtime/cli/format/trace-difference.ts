import type { TraceCall, TraceMessage, TracePoint, VariableAccess } from '../../debug/trace.ts';

/** Where two calls part. */
export interface TraceDifference {
  /** What was asked differently: member, and its two values. */
  readonly requests: readonly Difference[];
  /** Values that differ before they part. */
  readonly variables: readonly Difference[];
  /** Undefined: they took the same way. */
  readonly parting: Parting | undefined;
  readonly answers: readonly Difference[];
}

export interface Difference {
  readonly what: string;
  readonly a: string;
  readonly b: string;
}

export interface Parting {
  /** Where both still were: proxies, flows and steps. */
  readonly path: string;
  readonly a: string;
  readonly b: string;
}

/** One thing that happened, and the way to it. */
interface Event {
  readonly path: string;
  readonly text: string;
  readonly variables: readonly VariableAccess[];
}

export function differenceOf(a: TraceCall, b: TraceCall): TraceDifference {
  const [first, second] = [eventsOf(a), eventsOf(b)];
  const variables: Difference[] = [];
  let parting: Parting | undefined;
  for (let index = 0; index < Math.max(first.length, second.length) && parting === undefined; index++) {
    const [one, other] = [first[index], second[index]];
    if (one !== undefined && other !== undefined) variables.push(...changed(one, other));
    if (one?.text === other?.text && one?.path === other?.path) continue;
    parting = { path: (one ?? other)?.path ?? '', a: told(one, other), b: told(other, one) };
  }
  return {
    requests: messageDifferences(a.messages[a.request], b.messages[b.request]),
    variables: once(variables),
    parting,
    answers: messageDifferences(a.messages[a.response ?? -1], b.messages[b.response ?? -1]),
  };
}

/** A value that goes from step to step is told where it differs first. */
function once(list: readonly Difference[]): Difference[] {
  const seen = new Set<string>();
  return list.filter(({ what, a, b }) => {
    const key = [what.replace(/^(?:get|set) | in .*$/g, ''), a, b].join('\n');
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** For people. */
export function differenceText({ requests, variables, parting, answers }: TraceDifference): string {
  const lines = [
    ...section('What was asked differs', requests),
    ...section('Values differ', variables),
    ...(parting === undefined
      ? ['Both took the same way.']
      : [`They part in ${parting.path}:`, `  A  ${parting.a}`, `  B  ${parting.b}`]),
    ...section('The answers differ', answers),
  ];
  return `${lines.join('\n')}\n`;
}

function section(title: string, list: readonly Difference[]): string[] {
  if (list.length === 0) return [];
  return [`${title}:`, ...list.flatMap(({ what, a, b }) => [`  ${what}`, `    A  ${a}`, `    B  ${b}`])];
}

function told(event: Event | undefined, other: Event | undefined): string {
  if (event === undefined) return 'it is over';
  return event.path === other?.path || other === undefined ? event.text : `${event.path}: ${event.text}`;
}

function eventsOf(call: TraceCall): Event[] {
  const events: Event[] = [];
  const walk = (points: readonly TracePoint[], path: string): void => {
    for (const point of points) {
      events.push({ path, text: textOf(point), variables: 'variables' in point ? point.variables : [] });
      if (point.kind === 'call') inCall(point.call, path);
      else if ('points' in point) walk(point.points, `${path} > ${nameOf(point)}`);
    }
  };
  const inCall = (one: TraceCall, path: string): void => {
    const here = path === '' ? one.proxy : `${path} > ${one.proxy}`;
    walk(one.points, here);
    const fault = one.fault === null ? '' : `, fault ${one.fault.code}`;
    events.push({ path: here, text: `${one.proxy} answers ${one.status ?? 'nothing'}${fault}`, variables: [] });
  };
  inCall(call, '');
  return events;
}

function nameOf(point: TracePoint): string {
  if (point.kind === 'step') return point.policy;
  if (point.kind === 'flow') return `${point.name} ${point.side} ${point.direction}`;
  if (point.kind === 'fault' || point.kind === 'call') return point.kind;
  return `${point.kind} ${point.name}`;
}

function textOf(point: TracePoint): string {
  switch (point.kind) {
    case 'condition':
      return `${nameOf(point)}: ${point.text} is ${point.result}`;
    case 'step': {
      const why = point.fault === null ? '' : ` with ${point.fault.code}`;
      const when = point.condition === null ? '' : ` (${point.condition.text} is ${point.condition.result})`;
      return `step ${point.policy} ${point.outcome}${why}${when}`;
    }
    case 'route':
      return `route ${point.name} to ${point.target === '' ? 'no target' : point.target}`;
    case 'fault':
      return `fault ${point.fault.code}${point.fault.file === null ? '' : ` at ${point.fault.file}:${point.fault.line}`}`;
    case 'call':
      return `calls ${point.call.proxy}`;
    default:
      return nameOf(point);
  }
}

function changed(one: Event, other: Event): Difference[] {
  if (one.path !== other.path) return [];
  return one.variables.flatMap(({ action, name, value }, index) => {
    const same = other.variables[index];
    if (same === undefined || same.action !== action || same.name !== name || same.value === value) return [];
    return [
      {
        what: `${action} ${name} in ${one.path} > ${one.text.split(' ').slice(0, 2).join(' ')}`,
        a: shown(value),
        b: shown(same.value),
      },
    ];
  });
}

function messageDifferences(a: TraceMessage | undefined, b: TraceMessage | undefined): Difference[] {
  const [one, other] = [partsOf(a), partsOf(b)];
  return [...new Set([...one.keys(), ...other.keys()])].flatMap((what) => {
    const [left, right] = [one.get(what), other.get(what)];
    return left === right ? [] : [{ what, a: shown(left), b: shown(right) }];
  });
}

function partsOf(message: TraceMessage | undefined): Map<string, string> {
  const parts = new Map<string, string>();
  if (message === undefined) return parts;
  const { verb, uri, status, headers, body } = message;
  if (verb !== null) parts.set('verb', verb);
  if (uri !== null) parts.set('uri', uri);
  if (status !== null) parts.set('status', String(status));
  for (const { name, value } of headers) {
    const key = `header ${name.toLowerCase()}`;
    const before = parts.get(key);
    parts.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  if (body.text !== null && body.text !== '') parts.set('payload', body.text);
  return parts;
}

const longest = 200;

function shown(value: string | null | undefined): string {
  if (value === null || value === undefined) return 'none';
  return JSON.stringify(value.length > longest ? `${value.slice(0, longest)}…` : value);
}
