import { parseJson } from '../json-depth.ts';
import { bareJsonText } from '../language/value-text.ts';
import { oneOf } from '../schema/values.ts';

/** Dialogflow CX alone has the webhook of these policies. Google Cloud: Dialogflow CX REST reference, WebhookRequest. */
export const dialogflowVersion = oneOf('CX', 'V3', 'CX_V3', 'DialogflowCX');

/** Whether a name can be the last part of a flow variable's name. */
export function isDialogflowName(name: string): boolean {
  return /^[\w-]+(?:\.[\w-]+)*$/.test(name);
}

export interface Webhook {
  /** What the request says of itself, by the last part of the variable's name. */
  readonly facts: readonly (readonly [name: string, value: unknown])[];
  /** Parameters of the session; objects and lists as JSON. */
  readonly parameters: readonly (readonly [name: string, value: unknown])[];
}

/** The parts of a WebhookRequest; undefined for a text that is none. */
export function readWebhook(text: string): Webhook | undefined {
  let request: unknown;
  try {
    request = parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const session = partOf(request, 'sessionInfo');
  const fulfillment = partOf(request, 'fulfillmentInfo');
  if (session === undefined && fulfillment === undefined) return undefined;
  const name = partOf(session, 'session');
  const place = typeof name === 'string' ? sessionParts.exec(name)?.groups : undefined;
  const intent = partOf(request, 'intentInfo');
  const page = partOf(request, 'pageInfo');
  return {
    facts: [
      ['sessionInfo.session', name],
      ['session.id', place?.session],
      ['session.project.id', place?.project],
      ['session.location.id', place?.location],
      ['session.agent.id', place?.agent],
      ['session.environment.id', place?.environment],
      ['fulfillmentInfo.tag', partOf(fulfillment, 'tag')],
      ['detectIntentResponseId', partOf(request, 'detectIntentResponseId')],
      ['languageCode', partOf(request, 'languageCode')],
      ['text', partOf(request, 'text')],
      ['intentInfo.displayName', partOf(intent, 'displayName')],
      ['intentInfo.confidence', partOf(intent, 'confidence')],
      ['pageInfo.displayName', partOf(page, 'displayName')],
    ],
    parameters: entriesOf(partOf(session, 'parameters')).filter(([key]) => isDialogflowName(key)),
  };
}

const sessionParts =
  /^projects\/(?<project>[^/]+)\/locations\/(?<location>[^/]+)\/agents\/(?<agent>[^/]+)(?:\/environments\/(?<environment>[^/]+))?\/sessions\/(?<session>[^/]+)$/;

function partOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function entriesOf(value: unknown): (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).map(([name, one]) => [name, isPlain(one) ? one : bareJsonText(one)]);
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object';
}
