import { Fault, flowFaults } from '../fault.ts';
import { Body } from '../message/body.ts';
import { Headers } from '../message/headers.ts';
import { Message } from '../message/message.ts';
import type { HttpCall } from './http-call.ts';
import { incomingHeaders } from './outgoing-headers.ts';
import type { TargetProperties } from './target-properties.ts';

/**
 * The response of a call whose head is there. A payload that came whole with the head is in memory, any other streams.
 * @throws Fault protocol.http.TooBigBody, Response405WithoutAllowHeader
 */
export function messageOf(call: HttpCall, properties: TargetProperties): Message {
  const { status, reason, declaredLength } = call;
  if (!call.isComplete && declaredLength !== undefined && declaredLength > properties.responseLimit) {
    call.cancel();
    throw new Fault(flowFaults.responseTooBig);
  }
  const headers = new Headers(incomingHeaders(call.rawHeaders, properties.responseHeaders));
  if (status === 405 && properties.needsAllow && !headers.has('allow')) {
    call.cancel();
    throw new Fault(flowFaults.response405WithoutAllowHeader);
  }
  const limit = { bytes: properties.responseLimit, tooBig: flowFaults.responseTooBig };
  const body = call.isComplete ? Body.ofBytes(call.bytes) : Body.ofSource(call, limit);
  const message = new Message('response', headers, body);
  message.status = status;
  if (reason !== '') message.reason = reason;
  return message;
}
