import { element, many, requiredAttribute, valueOrRef } from '../schema/declare.ts';
import { boolean, integer, oneOf, text, variable } from '../schema/values.ts';
import { messageWeight } from './message-weight.ts';
import type { PolicyConfig } from './policy.ts';

/** What Quota and LLMTokenQuota have in common. Apigee: Quota policy. */

/** Published bundles write the limit as a text, too. */
const allow = {
  content: integer(0),
  attributes: { count: integer(0), countRef: variable },
};

const classAllow = element({
  content: integer(0),
  attributes: { class: requiredAttribute(text), count: integer(0) },
});

export const quotaAttributes = { type: oneOf('calendar', 'flexi', 'rollingwindow') };

export const quotaChildren = {
  Allow: element({
    ...allow,
    children: {
      Class: element({ attributes: { ref: requiredAttribute(variable) }, children: { Allow: many(classAllow) } }),
    },
  }),
  // Checked when compiled: the platform has error codes of its own for them.
  Interval: valueOrRef(text),
  TimeUnit: valueOrRef(text),
  StartTime: text,
  Identifier: element({ attributes: { ref: variable } }),
  MessageWeight: messageWeight,
  Distributed: boolean,
  Synchronous: boolean,
  AsynchronousConfiguration: element({
    children: { SyncIntervalInSeconds: integer(), SyncMessageCount: integer(0) },
  }),
  SharedName: text,
  EnforceOnly: boolean,
  CountOnly: boolean,
  UseQuotaConfigInAPIProduct: element({
    attributes: { stepName: requiredAttribute(text) },
    children: {
      DefaultConfig: element({
        children: { Allow: element(allow), Interval: valueOrRef(text), TimeUnit: valueOrRef(text) },
      }),
    },
  }),
  DataStoreFailureModeOpen: boolean,
  // Legacy: every counter here is exact.
  PreciseAtSecondsLevel: boolean,
};

export type QuotaConfig = PolicyConfig<typeof quotaChildren, typeof quotaAttributes>;
