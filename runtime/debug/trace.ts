/**
 * What a debug session keeps, and what its JSON looks like. Masks are applied before any of this is kept. Times are in
 * milliseconds; `at` counts from the start of the call that a point belongs to. Documented in docs/debugging.md.
 */

/** One run of one proxy. A chain is a tree of these: a call in memory stands among the points of its caller. */
export interface TraceCall {
  /** `messageid` of the run; the transaction id of Apigee's shapes. */
  readonly id: string;
  /** Id of the outermost call that was recorded. */
  readonly chain: string;
  /** Id of the call that made this one in memory; null for one from outside. */
  readonly parent: string | null;
  readonly organization: string;
  readonly environment: string;
  readonly proxy: string;
  readonly revision: string;
  readonly endpoint: string;
  readonly basePath: string;
  readonly caller: 'external' | 'local';
  /** Local calls between the outside request and this one. */
  readonly depth: number;
  readonly client: { readonly ip: string; readonly host: string };
  readonly verb: string;
  readonly uri: string;
  /** Of the answer; null when there was none. */
  status: number | null;
  /** Milliseconds since 1970, with fractions. */
  readonly startedAt: number;
  duration: number;
  /** False: it was still running when the recording was closed. */
  completed: boolean;
  /** True: its files could not be read again, so that only its request and its answer are known. */
  readonly opaque: boolean;
  /** What it ended with, fault rules considered. */
  fault: TraceFault | null;
  /** Every message that differed from the one before it. Points refer to them by index. */
  readonly messages: TraceMessage[];
  request: number;
  response: number | null;
  readonly points: TracePoint[];
  /** Points that were left out because the chain had too many. */
  dropped: number;
}

export interface TraceFault {
  readonly code: string;
  readonly name: string;
  readonly message: string;
  readonly status: number;
  /** Null when no policy raised it. */
  readonly policy: string | null;
  readonly type: string | null;
  readonly file: string | null;
  readonly line: number | null;
  /** The fault rule that took it; null when none did. */
  handledBy: string | null;
}

export interface TraceMessage {
  readonly kind: 'request' | 'response' | 'error';
  readonly verb: string | null;
  readonly uri: string | null;
  readonly status: number | null;
  readonly reason: string | null;
  readonly headers: readonly TraceField[];
  readonly body: TraceBody;
}

export interface TraceField {
  readonly name: string;
  value: string;
}

export interface TraceBody {
  /** The payload up to the session's limit; null when it is not shown, `note` says why. */
  text: string | null;
  /** Length in bytes as it arrived; null when it never did. */
  bytes: number | null;
  truncated: boolean;
  note: 'binary' | 'withheld' | 'not read' | null;
}

export interface VariableAccess {
  readonly action: 'get' | 'set' | 'remove';
  readonly name: string;
  /** Null: unresolved, or removed. */
  value: string | null;
}

/** A place in a bundle. */
export interface TracePlace {
  readonly file: string;
  readonly line: number;
}

export interface TraceCondition {
  readonly text: string;
  readonly result: boolean;
}

interface Timed {
  readonly at: number;
  duration: number;
}

export type TracePoint =
  | FlowPoint
  | SharedFlowPoint
  | ConditionPoint
  | StepPoint
  | RoutePoint
  | TargetPoint
  | FaultPoint
  | FaultRulePoint
  | CallPoint;

/** PreFlow, a conditional flow, PostFlow or PostClientFlow of an endpoint, in one direction. */
export interface FlowPoint extends Timed {
  readonly kind: 'flow';
  readonly name: string;
  readonly side: 'proxy' | 'target';
  readonly direction: 'request' | 'response';
  readonly points: TracePoint[];
}

export interface SharedFlowPoint extends Timed {
  readonly kind: 'sharedFlow';
  readonly name: string;
  readonly revision: string;
  /** The flow hook it is attached to; null when a FlowCallout runs it. */
  readonly hook: string | null;
  readonly points: TracePoint[];
}

/** The condition of a flow, route or fault rule. Those of steps stand with their steps. */
export interface ConditionPoint extends Timed, TraceCondition {
  readonly kind: 'condition';
  readonly of: 'flow' | 'route' | 'faultRule';
  /** Name of that flow, route or rule. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly variables: VariableAccess[];
}

export interface StepPoint extends Timed, TracePlace {
  readonly kind: 'step';
  readonly policy: string;
  /** The policy's element, such as `AssignMessage`. */
  readonly type: string;
  readonly enforcement: 'request' | 'response' | 'error';
  readonly continueOnError: boolean;
  readonly condition: TraceCondition | null;
  outcome: 'ran' | 'skipped' | 'disabled' | 'failed';
  /** Indexes of the current message before and after it. */
  readonly before: number;
  after: number;
  readonly variables: VariableAccess[];
  fault: TraceFault | null;
  readonly points: TracePoint[];
}

export interface RoutePoint extends Timed {
  readonly kind: 'route';
  readonly name: string;
  /** TargetEndpoint; empty when the proxy answers by itself, or the rule has a URL. */
  readonly target: string;
}

/** The call of a target: over HTTP, or of another proxy, which then is among `points`. */
export interface TargetPoint extends Timed {
  readonly kind: 'target';
  readonly name: string;
  readonly connection: 'http' | 'local';
  url: string | null;
  status: number | null;
  readonly request: number;
  response: number | null;
  fault: TraceFault | null;
  readonly variables: VariableAccess[];
  readonly points: TracePoint[];
}

/** The moment a fault takes the call into the error flow. */
export interface FaultPoint extends Timed {
  readonly kind: 'fault';
  readonly fault: TraceFault;
}

export interface FaultRulePoint extends Timed {
  readonly kind: 'faultRule';
  readonly name: string;
  readonly side: 'proxy' | 'target';
  readonly isDefault: boolean;
  readonly points: TracePoint[];
}

/** Another proxy, called in memory. */
export interface CallPoint extends Timed {
  readonly kind: 'call';
  readonly call: TraceCall;
}

/** The points inside of a point; none when it has none. */
export function pointsIn(point: TracePoint): readonly TracePoint[] {
  if (point.kind === 'call') return point.call.points;
  return 'points' in point ? point.points : [];
}

/** A call and all calls it made in memory, in the order they began. */
export function callsOf(call: TraceCall): TraceCall[] {
  const inside = (points: readonly TracePoint[]): TraceCall[] =>
    points.flatMap((point) => (point.kind === 'call' ? callsOf(point.call) : inside(pointsIn(point))));
  return [call, ...inside(call.points)];
}
