import assert from 'node:assert/strict';
import type { SessionInfo } from '../../runtime/debug/session.ts';
import { pointsIn, type StepPoint, type TraceCall, type TracePoint } from '../../runtime/debug/trace.ts';
import {
  assign,
  type Files,
  faultRule,
  flow,
  localPath,
  localTarget,
  noTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  raiseFault,
  route,
  setHeaders,
  setPayload,
  setVariable,
  step,
  targetEndpoint,
} from './bundle-tree.ts';
import type { Management } from './management.ts';

/** A chain of three: `first` calls `second` by name, which calls `third` by path, which answers or raises a fault. */
export const chain: Files = {
  ...proxy(
    'first',
    proxyEndpoint('/first', preFlow(step('mark'), step('stamp')) + route()),
    targetEndpoint(localTarget('second')),
    assign('mark', setVariable('mark', 'of {request.verb}') + setHeaders({ 'X-Mark': '{mark}' })),
    assign('stamp', setHeaders({ 'X-First': 'yes' })),
  ),
  ...proxy(
    'second',
    proxyEndpoint('/second', preFlow(step('never', 'request.header.never = "x"')) + route()),
    targetEndpoint(localPath('/third')),
    assign('never', setVariable('never', 'x')),
  ),
  ...proxy(
    'third',
    proxyEndpoint(
      '/third',
      `<FaultRules>${faultRule('other', 'fault.name = "Other"', '')}${faultRule('raised', 'fault.name = "RaiseFault"', step('told'))}</FaultRules>` +
        preFlow('') +
        `<Flows>${flow('fails', 'proxy.pathsuffix MatchesPath "/fail"', step('raise'))}${flow('answers', undefined, step('answer'))}</Flows>` +
        noTarget,
    ),
    assign('answer', setPayload('answer of third')),
    assign('told', setHeaders({ 'X-Told': 'yes' })),
    raiseFault('raise', 418, 'no tea'),
  ),
};

export async function openSession(server: Management, options: object): Promise<SessionInfo> {
  const { status, json } = await server.ask('POST /v1/zerohop/debugsessions', options);
  assert.equal(status, 201, JSON.stringify(json));
  return json as SessionInfo;
}

/** All calls of a session, whole. */
export async function callsIn(server: Management, session: string): Promise<TraceCall[]> {
  const path = `/v1/zerohop/debugsessions/${session}/calls`;
  const { calls } = (await server.ask(`GET ${path}`)).json as { calls: { id: string }[] };
  const whole: TraceCall[] = [];
  for (const { id } of calls) whole.push((await server.ask(`GET ${path}/${id}`)).json as TraceCall);
  return whole;
}

/** The calls of a session once there are so many. */
export async function waitForCalls(server: Management, session: string, count: number): Promise<TraceCall[]> {
  for (;;) {
    const calls = await callsIn(server, session);
    if (calls.length >= count) return calls;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Every point of a call, and of the calls in it. */
export function allPoints(call: TraceCall): TracePoint[] {
  const inside = (points: readonly TracePoint[]): TracePoint[] =>
    points.flatMap((point) => [point, ...inside(pointsIn(point))]);
  return inside(call.points);
}

export function stepOf(call: TraceCall, policy: string): StepPoint {
  const found = allPoints(call).find((point) => point.kind === 'step' && point.policy === policy);
  assert.ok(found?.kind === 'step', `no step ${policy}`);
  return found;
}
