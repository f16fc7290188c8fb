import { anything, flag, list, object, ref, type Schema, text, texts, whole } from './schema-kit.ts';

const number = { type: 'number' };
const maybe = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
const property = object({ name: text, value: text });
const point = object({ id: text, results: list(object({ ActionResult: text, timestamp: text })) });
const fault = object({
  ...{ code: text, name: text, message: text, status: whole },
  ...{ policy: maybe(text), type: maybe(text), file: maybe(text), line: maybe(whole), handledBy: maybe(text) },
});
const call = {
  ...{ id: text, proxy: text, revision: text, endpoint: text, caller: { enum: ['external', 'local'] } },
  ...{ verb: text, uri: text, status: maybe(whole), startedAt: number, duration: number, completed: flag },
  fault: maybe(fault),
};

/** Debug sessions: the emulator's, X's and Edge's shapes, and zerohop's own (runtime/debug/trace.ts). */
export const debugSchemas = {
  EmulatorSession: object({
    ...{ name: text, sessionId: text, application: text, organization: text, environment: text },
    ...{ timeoutInSeconds: whole, count: whole },
  }),
  EmulatorTransactions: object({
    Messages: list(
      object({ messageId: text, application: text, completed: flag, point: list(point) }, { parentMessageId: text }),
    ),
  }),
  XDebugSession: object(
    { name: text, timeout: text, count: whole, filter: text, createTime: text },
    { tracesize: whole },
  ),
  XDebugSessions: {
    oneOf: [object({ sessions: list(object({ id: text, timestampMs: text })) }, { nextPageToken: text }), texts],
  },
  XTransaction: object({ completed: flag, point: list(point) }),

  DebugSessionRequest: object(
    {},
    {
      ...{ proxy: text, revision: text, filter: text, count: whole, rolling: flag, timeout: whole },
      ...{ bodyLimit: whole, tracesize: whole },
    },
  ),
  DebugSession: object({
    ...{ id: text, proxy: maybe(text), revision: maybe(text), filter: text, count: whole, rolling: flag },
    ...{ timeout: whole, bodyLimit: whole, createdAt: whole, endedAt: maybe(whole), ended: maybe(text) },
    ...{ isOpen: flag, calls: whole, forgotten: whole, size: whole },
  }),
  DebugSessions: object({ sessions: list(ref('DebugSession')) }),
  TraceCalls: object({
    calls: list(
      object({
        number: whole,
        ...call,
        chain: list(
          object({
            ...{ id: text, parent: maybe(text), proxy: text, status: maybe(whole), duration: number },
            fault: maybe(text),
          }),
        ),
      }),
    ),
  }),
  TraceCall: object({
    ...call,
    ...{ chain: text, parent: maybe(text), organization: text, environment: text, basePath: text, depth: whole },
    ...{ client: object({ ip: text, host: text }), opaque: flag, request: whole, response: maybe(whole) },
    messages: list(
      object({
        kind: { enum: ['request', 'response', 'error'] },
        ...{ verb: maybe(text), uri: maybe(text), status: maybe(whole), reason: maybe(text) },
        headers: list(property),
        body: object({ text: maybe(text), bytes: maybe(whole), truncated: flag, note: maybe(text) }),
      }),
    ),
    points: list(object({ kind: text, at: number, duration: number }, { points: list(anything) })),
    dropped: whole,
  }),
};
