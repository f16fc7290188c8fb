import { isPlain } from './nginx-text.ts';
import { type Xml, xml } from './xml-text.ts';

/** A policy that a route's flow or target runs. */
export interface PlannedStep {
  readonly policy: Xml;
  readonly condition?: string;
}

/** What becomes of the plugins of a route. */
export interface RoutePlan {
  /** Before the target is chosen. */
  readonly request: PlannedStep[];
  /** Just before the target is called: what is changed for it alone. */
  readonly toTarget: PlannedStep[];
  readonly response: PlannedStep[];
  /** Replaces the path that the target gets; a message template. */
  path: string | undefined;
  /** Replaces the Host that the target gets; a message template. */
  host: string | undefined;
  /** Whether the route answers by itself, always. */
  answers: boolean;
}

export function emptyPlan(): RoutePlan {
  return { request: [], toTarget: [], response: [], path: undefined, host: undefined, answers: false };
}

export function stepText({ policy, condition }: PlannedStep): Xml {
  const name = xml('Name', policy.attributes.name ?? '');
  return xml('Step', condition === undefined ? [name] : [name, xml('Condition', condition)]);
}

/** Header fields as AssignMessage sets them. */
export function headerList(fields: ReadonlyMap<string, string>): Xml | undefined {
  if (fields.size === 0) return undefined;
  return xml(
    'Headers',
    [...fields].map(([name, value]) => xml('Header', value, { name })),
  );
}

export function assignMessage(
  name: string,
  target: 'request' | 'response',
  ...actions: readonly (Xml | undefined)[]
): Xml {
  const ignore = xml('IgnoreUnresolvedVariables', 'true');
  return xml('AssignMessage', [...actions, ignore, xml('AssignTo', target, { createNew: 'false' })], { name });
}

/** An answer that the route gives by itself. */
export function raise(
  name: string,
  status: number,
  headers: ReadonlyMap<string, string>,
  payload: Xml | undefined,
): Xml {
  const set = xml('Set', [headerList(headers), payload, xml('StatusCode', String(status))]);
  return xml('RaiseFault', [xml('FaultResponse', [set]), xml('IgnoreUnresolvedVariables', 'true')], { name });
}

/** A payload that stands as it is, whatever braces it holds. */
export function literalPayload(text: string, contentType: string): Xml {
  if (isPlain(text)) return xml('Payload', text, { contentType });
  const mark = ['@@', '%%', '##', '~~'].find((one) => !text.includes(one)) ?? '@zerohop@';
  return xml('Payload', text, { contentType, variablePrefix: mark, variableSuffix: mark });
}
