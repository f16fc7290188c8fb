import type { ApiAnswer } from './answer.ts';
import type { ApiContext } from './context.ts';
import type { ApiRequest } from './request.ts';
import type { SchemaName } from './schemas.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a body may be: the OpenAPI document says it, and the handler reads it. */
export type BodyKind = 'zip' | 'bytes' | 'xml' | 'form' | 'multipart' | SchemaName;

/** What is answered: JSON of a schema, a file, a text, server-sent events, or with `null` nothing. */
export type AnswerKind = SchemaName | 'bytes' | 'text' | 'xml' | 'events' | null;

/** One operation of the management port, as it is served and as the OpenAPI document describes it. */
export interface Route {
  readonly method: Method;
  /** Path with `{parameters}`, long spelling. */
  readonly path: string;
  readonly summary: string;
  /** Query parameters and what they do. */
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: BodyKind;
  /** By status; several: which one depends on the request. Errors are the same everywhere. */
  readonly answers: Readonly<Record<number, AnswerKind | readonly AnswerKind[]>>;
  readonly run: (request: ApiRequest, context: ApiContext) => ApiAnswer | Promise<ApiAnswer>;
}
