import type {
  StepPoint,
  TargetPoint,
  TraceCall,
  TraceFault,
  TraceMessage,
  TracePoint,
  VariableAccess,
} from './trace.ts';

/** A point of Apigee's debug data. Source: REST reference, debugsessions.data, and a recorded trace. */
export interface Point {
  readonly id: string;
  readonly results: readonly Result[];
}

export interface Property {
  readonly name: string;
  readonly value: string;
}

export type Access =
  | { readonly Get: { readonly name: string; readonly value: string | undefined } }
  | { readonly Set: { readonly name: string; readonly value: string | undefined; readonly success: boolean } }
  | { readonly Remove: { readonly name: string; readonly success: boolean } };

export type Result = { readonly timestamp: string } & (
  | { readonly ActionResult: 'DebugInfo'; readonly properties: { readonly property: readonly Property[] } }
  | ({ readonly ActionResult: 'RequestMessage'; readonly verb: string; readonly uRI: string } & Content)
  | ({
      readonly ActionResult: 'ResponseMessage' | 'ErrorMessage';
      readonly statusCode: string;
      readonly reasonPhrase: string;
    } & Content)
  | { readonly ActionResult: 'VariableAccess'; readonly accessList: readonly Access[] }
);

interface Content {
  readonly headers: readonly Property[];
  readonly content?: string;
}

type State =
  | 'REQ_START'
  | 'REQ_HEADERS_PARSED'
  | 'PROXY_REQ_FLOW'
  | 'TARGET_REQ_FLOW'
  | 'REQ_SENT'
  | 'RESP_START'
  | 'TARGET_RESP_FLOW'
  | 'PROXY_RESP_FLOW'
  | 'RESP_SENT'
  | 'END'
  | 'PROXY_POST_RESP_SENT';

/** A call as the flat list of points that Apigee's viewers read. Calls in memory are lists of their own. */
export function pointsOf(call: TraceCall): Point[] {
  return new Points(call).all();
}

/** `22-11-26 03:40:00:123`, UTC. */
export function timestampOf(milliseconds: number): string {
  const [, year, month, day, time, fraction] =
    /^\d\d(\d\d)-(\d\d)-(\d\d)T([\d:]+)\.(\d+)Z$/.exec(new Date(milliseconds).toISOString()) ?? [];
  return `${day}-${month}-${year} ${time}:${fraction}`;
}

class Points {
  readonly #call: TraceCall;
  readonly #points: Point[] = [];
  #state: State = 'REQ_START';

  constructor(call: TraceCall) {
    this.#call = call;
  }

  all(): Point[] {
    const call = this.#call;
    this.#to('REQ_HEADERS_PARSED', 0, call.request);
    this.#begin();
    this.#to('PROXY_REQ_FLOW', 0, call.request);
    const late = call.points.filter(isPostClient);
    for (const point of call.points) if (!isPostClient(point)) this.#point(point);
    if (call.response !== null) {
      this.#to('PROXY_RESP_FLOW', call.duration, call.response);
      this.#to('RESP_SENT', call.duration, call.response);
      this.#to('END', call.duration, call.response);
    }
    for (const point of late) this.#point(point);
    if (call.completed) this.#to('PROXY_POST_RESP_SENT', call.duration, call.response);
    return this.#points;
  }

  #begin(): void {
    const { organization, environment, proxy, revision, basePath, endpoint, client, id, uri } = this.#call;
    const names = { 'environment.name': environment, 'organization.name': organization, messageid: id };
    this.#info(0, {
      ...names,
      ...{ 'apiproxy.name': proxy, 'apiproxy.revision': revision, 'apiproxy.basepath': basePath },
      ...{ 'proxy.name': endpoint, 'proxy.basepath': basePath, 'proxy.url': uri, 'proxy.client.ip': client.ip },
      ...this.#links(),
    });
  }

  /** What ties the proxies of a chain together. */
  #links(): Record<string, string> {
    const { chain, parent, depth, caller } = this.#call;
    return {
      'zerohop.hop': String(depth),
      'zerohop.caller': caller,
      'zerohop.chain': chain,
      ...(parent === null ? {} : { 'zerohop.parent': parent }),
    };
  }

  #point(point: TracePoint): void {
    switch (point.kind) {
      case 'flow':
        this.#enter(point.side, point.direction, point.at);
        this.#info(point.at, {
          [`${point.side}.flow.name`]: point.name,
          'current.flow.name': point.name,
          'current.flow.direction': point.direction,
        });
        break;
      case 'sharedFlow': {
        if (point.hook === 'PreTargetFlowHook') this.#enter('target', 'request', point.at);
        if (point.hook === 'PostProxyFlowHook') this.#enter('proxy', 'response', point.at);
        const name = point.hook === null ? point.name : `${point.hook}->${point.name}`;
        this.#put('FlowCallout', point.at, { 'shared.flow.name': name, 'shared.flow.revision': point.revision });
        this.#all(point.points);
        this.#put('FlowReturn', point.at + point.duration, { 'shared.flow.name': name });
        return;
      }
      case 'condition': {
        const properties = { Expression: point.text, ExpressionResult: String(point.result), Tree: point.name };
        this.#put('Condition', point.at, properties, this.#accesses(point.at, point.variables));
        return;
      }
      case 'step':
        this.#step(point);
        break;
      case 'route':
        this.#info(point.at, { 'route.name': point.name, 'route.target': point.target });
        break;
      case 'target':
        this.#target(point);
        return;
      case 'fault':
        this.#fault(point.at, point.fault);
        break;
      case 'faultRule':
        this.#info(point.at, { 'fault.rule': point.name, 'fault.rule.default': String(point.isDefault) });
        break;
      case 'call':
        this.#callee(point.call, point.at);
        return;
    }
    if ('points' in point) this.#all(point.points);
  }

  #all(points: readonly TracePoint[]): void {
    for (const point of points) this.#point(point);
  }

  #enter(side: 'proxy' | 'target', direction: 'request' | 'response', at: number): void {
    if (side === 'target' && direction === 'request') this.#to('TARGET_REQ_FLOW', at, null);
    if (side === 'proxy' && direction === 'response') this.#to('PROXY_RESP_FLOW', at, null);
  }

  #target(point: TargetPoint): void {
    const end = point.at + point.duration;
    this.#to('TARGET_REQ_FLOW', point.at, point.request);
    this.#to('REQ_SENT', point.at, point.request);
    this.#all(point.points);
    const url = point.url === null ? {} : { 'target.url': point.url };
    this.#info(end, { 'target.name': point.name, ...url }, this.#accesses(end, point.variables));
    if (point.response === null) return;
    this.#to('RESP_START', end, point.response);
    this.#to('TARGET_RESP_FLOW', end, point.response);
  }

  #step(point: StepPoint): void {
    const kind = point.type.toLowerCase();
    const end = point.at + point.duration;
    const ran = point.outcome === 'ran' || point.outcome === 'failed';
    const properties = {
      type: `${point.type}Execution`,
      internal: 'false',
      enforcement: point.enforcement,
      'stepDefinition-name': point.policy,
      'stepDefinition-displayName': point.policy,
      'stepDefinition-type': kind,
      'stepDefinition-enabled': String(point.outcome !== 'disabled'),
      'stepDefinition-async': 'false',
      'stepDefinition-continueOnError': String(point.continueOnError),
      ...(point.condition === null
        ? {}
        : { expression: point.condition.text, expressionResult: String(point.condition.result) }),
      ...(ran ? { result: String(point.outcome === 'ran'), action: actionOf(point) } : {}),
      ...(kind === 'javascript' && ran ? { 'javascript-executionTime': String(Math.round(point.duration)) } : {}),
      'zerohop.milliseconds': String(point.duration),
      ...(point.fault === null ? {} : faultProperties(point.fault)),
    };
    const message = this.#message(end, point.after);
    this.#put('Execution', point.at, properties, [...message, ...this.#accesses(point.at, point.variables)]);
  }

  #callee(call: TraceCall, at: number): void {
    this.#put('Execution', at, {
      type: 'LocalTargetConnection',
      'stepDefinition-type': 'localtargetconnection',
      internal: 'false',
      'zerohop.proxy': call.proxy,
      'zerohop.endpoint': call.endpoint,
      'zerohop.revision': call.revision,
      'zerohop.hop': String(call.depth),
      'zerohop.transaction': call.id,
      'zerohop.status': call.status === null ? '' : String(call.status),
      'zerohop.milliseconds': String(call.duration),
    });
  }

  #fault(at: number, fault: TraceFault): void {
    const last = this.#call.messages.findLastIndex(({ kind }) => kind === 'error');
    this.#put('Error', at, faultProperties(fault), last === -1 ? [] : this.#message(at, last));
  }

  #to(state: State, at: number, message: number | null): void {
    if (this.#state === state || order.indexOf(state) <= order.indexOf(this.#state)) return;
    const shown = message === null ? [] : this.#message(at, message);
    this.#put('StateChange', at, { From: this.#state, To: state }, shown);
    this.#state = state;
  }

  #info(at: number, properties: Readonly<Record<string, string>>, results: readonly Result[] = []): void {
    this.#put('FlowInfo', at, properties, results);
  }

  #put(id: string, at: number, properties: Readonly<Record<string, string>>, results: readonly Result[] = []): void {
    const property = Object.entries(properties).map(([name, value]) => ({ name, value }));
    const info: Result = { ActionResult: 'DebugInfo', timestamp: this.#time(at), properties: { property } };
    this.#points.push({ id, results: [info, ...results] });
  }

  #message(at: number, index: number): Result[] {
    const message = this.#call.messages[index];
    return message === undefined ? [] : [messageResult(message, this.#time(at))];
  }

  #accesses(at: number, variables: readonly VariableAccess[]): Result[] {
    if (variables.length === 0) return [];
    return [{ ActionResult: 'VariableAccess', timestamp: this.#time(at), accessList: variables.map(accessOf) }];
  }

  #time(at: number): string {
    return timestampOf(this.#call.startedAt + at);
  }
}

/** Apigee: the states of a message, in the order it goes through them. */
const order: readonly State[] = [
  ...(['REQ_START', 'REQ_HEADERS_PARSED', 'PROXY_REQ_FLOW', 'TARGET_REQ_FLOW', 'REQ_SENT', 'RESP_START'] as const),
  ...(['TARGET_RESP_FLOW', 'PROXY_RESP_FLOW', 'RESP_SENT', 'END', 'PROXY_POST_RESP_SENT'] as const),
];

function isPostClient(point: TracePoint): boolean {
  return point.kind === 'flow' && point.name === 'PostClientFlow';
}

function actionOf(point: StepPoint): string {
  return point.outcome === 'failed' && !point.continueOnError ? 'ABORT' : 'CONTINUE';
}

function faultProperties(fault: TraceFault): Record<string, string> {
  return {
    'fault.name': fault.name,
    'error.code': fault.code,
    'error.message': fault.message,
    'error.status': String(fault.status),
    ...(fault.policy === null ? {} : { 'error.policy': fault.policy, 'zerohop.at': `${fault.file}:${fault.line}` }),
    ...(fault.handledBy === null ? {} : { 'fault.rule': fault.handledBy }),
  };
}

function messageResult(message: TraceMessage, timestamp: string): Result {
  const { body, headers } = message;
  const content =
    body.text === null ? (body.note === null ? {} : { content: `[${body.note}]` }) : { content: body.text };
  if (message.kind === 'request') {
    return {
      ActionResult: 'RequestMessage',
      timestamp,
      verb: message.verb ?? '',
      uRI: message.uri ?? '',
      headers,
      ...content,
    };
  }
  return {
    ActionResult: message.kind === 'error' ? 'ErrorMessage' : 'ResponseMessage',
    timestamp,
    statusCode: String(message.status ?? ''),
    reasonPhrase: message.reason ?? '',
    headers,
    ...content,
  };
}

function accessOf({ action, name, value }: VariableAccess): Access {
  if (action === 'remove') return { Remove: { name, success: true } };
  if (action === 'set') return { Set: { name, value: value ?? undefined, success: true } };
  return { Get: { name, value: value ?? undefined } };
}
