import { BodyNeed } from '../message/body-need.ts';
import type { BundleCompiler } from './bundle-compiler.ts';

/** What differs between the endpoints of a bundle. */
export interface FlowScope {
  /** `request.streaming.enabled`: the payload is never brought into memory, steps do not see it. */
  readonly streamsRequest: boolean;
  readonly streamsResponse: boolean;
  /** The proxy has an `api.timeout`. */
  readonly hasDeadline: boolean;
}

export const plainScope: FlowScope = { streamsRequest: false, streamsResponse: false, hasDeadline: false };

/** A bundle's compiler, for the flows of one endpoint. */
export interface FlowCompiler {
  readonly parts: BundleCompiler;
  readonly scope: FlowScope;
}

/** The payloads that may be brought into memory here, of those that are needed. */
export function bufferable(need: BodyNeed, scope: FlowScope): BodyNeed {
  let left = need;
  if (scope.streamsRequest) left &= ~BodyNeed.request;
  if (scope.streamsResponse) left &= ~BodyNeed.response;
  if (scope.streamsRequest && scope.streamsResponse) left &= ~BodyNeed.current;
  return left;
}
