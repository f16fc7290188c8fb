import type { Diagnostic } from '../diagnostic.ts';

/** A request that cannot be met: status and message for the caller. Thrown by handlers, turned into a body by the server. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Error code as Edge's clients read it: `messaging.config.beans.ApplicationDoesNotExist`. */
  readonly code: string;
  /** Of a refused bundle. */
  readonly diagnostics: readonly Diagnostic[];
  /** Methods of the path, of a 405. */
  readonly allow: string | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    { diagnostics = [], allow }: { diagnostics?: readonly Diagnostic[]; allow?: string } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.diagnostics = diagnostics;
    this.allow = allow;
  }
}

export const invalid = (message: string): ApiError =>
  new ApiError(400, 'messaging.config.beans.InvalidArgument', message);

export const absent = (code: string, message: string): ApiError => new ApiError(404, code, message);

export const taken = (code: string, message: string): ApiError => new ApiError(409, code, message);

/** Body of an error, in the shape that clients of both generations of the platform read: X's `error`, Edge's `code` and `message`. */
export interface ErrorBody {
  readonly error: {
    readonly code: number;
    readonly message: string;
    readonly status: string;
    readonly details: readonly { readonly diagnostics: readonly Diagnostic[] }[];
  };
  readonly code: string;
  readonly message: string;
  readonly contexts: readonly never[];
}

export function errorBody({ status, code, message, diagnostics }: ApiError): ErrorBody {
  const details = diagnostics.length === 0 ? [] : [{ diagnostics }];
  const name = statusNames.get(status) ?? (status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL');
  return { error: { code: status, message, status: name, details }, code, message, contexts: [] };
}

/** Google's canonical names, which X sends. AIP-193. */
const statusNames: ReadonlyMap<number, string> = new Map([
  [400, 'INVALID_ARGUMENT'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [408, 'DEADLINE_EXCEEDED'],
  [409, 'ALREADY_EXISTS'],
  [501, 'UNIMPLEMENTED'],
  [503, 'UNAVAILABLE'],
]);
