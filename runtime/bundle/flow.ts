import { type ConfigOf, element, ignored, many } from '../schema/declare.ts';
import { condition, flag, rawText, text } from '../schema/values.ts';

/** What proxy endpoints, target endpoints and shared flows have in common. Apigee: flow configuration reference. */

export const properties = element({
  children: { Property: many(element({ content: rawText, attributes: { name: text } })) },
});

/** `Policy` is the old spelling of `Step`. Children come in any order; public bundles write the Condition first as often. */
export const step = element({
  attributes: { name: text },
  children: { Name: text, Condition: condition, FaultRules: ignored, Description: ignored },
});

const direction = element({ children: { Step: many(step), Policy: many(step) } });

export const unconditionalFlow = element({
  attributes: { name: text },
  children: { Description: text, Request: direction, Response: direction },
});

export const conditionalFlow = element({
  attributes: { name: text },
  children: { Description: text, Condition: condition, Request: direction, Response: direction },
});

/** Apigee: streaming server-sent events. There is nothing to be done to a request. */
export const eventFlow = element({
  attributes: { name: text, 'content-type': text },
  children: { Description: ignored, Request: ignored, Response: direction },
});

export const flowChildren = {
  Description: ignored,
  PreFlow: unconditionalFlow,
  Flows: element({ children: { Flow: many(conditionalFlow) } }),
  PostFlow: unconditionalFlow,
  EventFlow: many(eventFlow),
};

const faultRule = element({
  attributes: { name: text },
  children: { Description: ignored, Condition: condition, Step: many(step), Policy: many(step) },
});

export const faultRules = element({ children: { FaultRule: many(faultRule) } });

export const defaultFaultRule = element({
  attributes: { name: text },
  children: { Description: ignored, Condition: condition, AlwaysEnforce: flag, Step: many(step), Policy: many(step) },
});

export const sharedFlow = element({
  attributes: { name: text },
  children: { Description: ignored, Step: many(step), Policy: many(step), FaultRules: ignored, Properties: ignored },
});

export type StepConfig = ConfigOf<typeof step>;
export type DirectionConfig = ConfigOf<typeof direction>;
export type UnconditionalFlowConfig = ConfigOf<typeof unconditionalFlow>;
export type ConditionalFlowConfig = ConfigOf<typeof conditionalFlow>;
export type EventFlowConfig = ConfigOf<typeof eventFlow>;
export type FaultRuleConfig = ConfigOf<typeof faultRule>;
export type DefaultFaultRuleConfig = ConfigOf<typeof defaultFaultRule>;
export type SharedFlowConfig = ConfigOf<typeof sharedFlow>;
