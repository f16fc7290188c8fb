/**
 * A run-time fault: part of a proxy's meaning, handled by its fault rules, answered in Apigee's shape.
 * Source of codes and texts: Apigee's runtime error catalogue and each policy's error reference.
 */
export class Fault extends Error {
  /** Whole error code, such as `steps.raisefault.RaiseFault`. */
  readonly code: string;
  /** HTTP status of the default answer. */
  readonly status: number;
  /** Reason phrase, when it is not the standard one of the status. */
  readonly reasonPhrase: string | undefined;
  /** Extra member `reason` of the answer's `detail`, such as `TARGET_READ_TIMEOUT`. */
  readonly detailReason: string | undefined;
  /** Where the failing step is declared, for logs: policy name, file and line. Set once, by the step that failed. */
  origin: FaultOrigin | undefined;
  /** Whether the raiser has put the answer into the exchange's pending error: no default answer is made then. */
  carriesResponse: boolean;
  /** Whether the answer goes out at once, without the fault rules. */
  skipsFaultRules: boolean;
  /** Whether it ends the flow even where the policy that raised it is to continue on errors. */
  endsFlow: boolean;

  constructor(kind: FaultKind, faultstring: string = kind.text, detailReason?: string) {
    // A stack costs more than the rest of a fault and never reaches anybody: faults are part of the program's meaning.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(faultstring);
    Error.stackTraceLimit = limit;
    this.code = kind.code;
    this.status = kind.status;
    this.reasonPhrase = kind.reasonPhrase;
    this.detailReason = detailReason;
    this.origin = undefined;
    this.carriesResponse = false;
    this.skipsFaultRules = false;
    this.endsFlow = false;
  }

  /** `fault.name`: the last part of the code. */
  get faultName(): string {
    return this.code.slice(this.code.lastIndexOf('.') + 1);
  }

  /** `error.message`, the `faultstring` of the default body. */
  get faultstring(): string {
    return this.message;
  }
}

/** A kind of fault that some code can raise: declared once, next to what raises it. */
export interface FaultKind {
  readonly code: string;
  readonly status: number;
  /** The fault string when the raiser gives none. */
  readonly text: string;
  readonly reasonPhrase?: string;
}

export interface FaultOrigin {
  readonly policy: string;
  readonly element: string;
  readonly file: string;
  readonly line: number;
}

/** Apigee's default error body. */
export function faultBody(fault: Fault): string {
  const detail: Record<string, string> = { errorcode: fault.code };
  if (fault.detailReason !== undefined) detail.reason = fault.detailReason;
  return JSON.stringify({ fault: { faultstring: fault.faultstring, detail } });
}

/** Fault kinds raised outside policies. Apigee: runtime error catalogue. */
export const flowFaults = {
  apiTimedOut: { code: 'flow.APITimedOut', status: 504, text: 'API timed out' },
  sharedFlowNotFound: { code: 'flow.SharedFlowNotFound', status: 500, text: 'Shared Flow Not Found' },
  applicationNotFound: {
    code: 'messaging.adaptors.http.flow.ApplicationNotFound',
    status: 404,
    text: 'Unable to identify proxy',
  },
  decompressionFailureAtRequest: {
    code: 'messaging.adaptors.http.flow.DecompressionFailureAtRequest',
    status: 400,
    text: 'Decompression failure at request',
  },
  decompressionFailureAtResponse: {
    code: 'messaging.adaptors.http.flow.DecompressionFailureAtResponse',
    status: 502,
    text: 'Decompression failure at response',
  },
  errorResponseCode: {
    code: 'messaging.adaptors.http.flow.ErrorResponseCode',
    status: 500,
    text: 'Received error response code from target',
  },
  googleTokenGenerationFailure: {
    code: 'messaging.adaptors.http.filter.GoogleTokenGenerationFailure',
    status: 500,
    text: 'Google token generation failed',
  },
  gatewayTimeout: { code: 'messaging.adaptors.http.flow.GatewayTimeout', status: 504, text: 'Gateway Timeout' },
  internalServerError: {
    code: 'messaging.adaptors.http.flow.InternalServerError',
    status: 500,
    text: 'Internal Server Error',
  },
  noActiveTargets: {
    code: 'messaging.adaptors.http.flow.NoActiveTargets',
    status: 503,
    text: 'The Service is temporarily unavailable',
  },
  requestTimeOut: { code: 'messaging.adaptors.http.flow.RequestTimeOut', status: 408, text: 'Request timed out' },
  serviceUnavailable: {
    code: 'messaging.adaptors.http.flow.ServiceUnavailable',
    status: 503,
    text: 'The Service is temporarily unavailable',
  },
  sslHandshakeFailed: {
    code: 'messaging.adaptors.http.flow.SslHandshakeFailed',
    status: 503,
    text: 'SSL Handshake failed',
  },
  unexpectedEOF: { code: 'messaging.adaptors.http.flow.UnexpectedEOF', status: 400, text: 'Bad request' },
  unexpectedEOFAtTarget: {
    code: 'messaging.adaptors.http.flow.UnexpectedEOFAtTarget',
    status: 502,
    text: 'Unexpected EOF at target',
  },
  targetDenied: {
    code: 'messaging.adaptors.http.flow.TargetDenied',
    status: 403,
    text: 'The address of the target is not allowed',
  },
  routeFailed: {
    code: 'messaging.runtime.RouteFailed',
    status: 500,
    text: 'Unable to route the message to a Target Endpoint',
  },
  targetMissing: { code: 'messaging.runtime.TargetMissing', status: 500, text: 'The TargetEndpoint does not exist' },
  badPath: { code: 'protocol.http.BadPath', status: 400, text: 'Invalid request path' },
  duplicateHeader: { code: 'protocol.http.DuplicateHeader', status: 400, text: 'Duplicate Header' },
  headerWithInvalidChar: {
    code: 'protocol.http.HeaderWithInvalidChar',
    status: 500,
    text: 'A header holds a character that is not allowed',
  },
  invalidPath: { code: 'protocol.http.InvalidPath', status: 500, text: 'Invalid target path' },
  response405WithoutAllowHeader: {
    code: 'protocol.http.Response405WithoutAllowHeader',
    status: 502,
    text: 'Received 405 Response without Allow Header',
  },
  requestTooBig: { code: 'protocol.http.TooBigBody', status: 413, text: 'Body buffer overflow' },
  responseTooBig: { code: 'protocol.http.TooBigBody', status: 502, text: 'Body buffer overflow' },
  requestHeadersTooBig: {
    code: 'protocol.http.TooBigHeaders',
    status: 431,
    text: 'request headers size exceeding limit',
  },
  responseHeadersTooBig: {
    code: 'protocol.http.TooBigHeaders',
    status: 502,
    text: 'response headers size exceeding limit',
  },
  requestLineTooBig: { code: 'protocol.http.TooBigLine', status: 414, text: 'request line size exceeding limit' },
  unsupportedEncodingAtRequest: {
    code: 'protocol.http.UnsupportedEncoding',
    status: 415,
    text: 'Unsupported Encoding',
  },
  unsupportedEncodingAtResponse: {
    code: 'protocol.http.UnsupportedEncoding',
    status: 502,
    text: 'Unsupported Encoding',
  },
  keyAliasNotFound: { code: 'security.util.KeyAliasNotFound', status: 500, text: 'Key alias not found' },
  trustStoreWithNoCertificates: {
    code: 'security.util.TrustStoreWithNoCertificates',
    status: 500,
    text: 'Trust store has no certificates',
  },
  loopDetected: { code: 'messaging.adaptors.local.LoopDetected', status: 508, text: 'Loop detected' },
  /** zerohop's choice: Apigee documents no code for its data store being away. */
  storeUnavailable: { code: 'messaging.runtime.StoreUnavailable', status: 503, text: 'State store unavailable' },
  tooManyCalls: { code: 'messaging.adaptors.local.TooManyCalls', status: 508, text: 'Too many local calls' },
} as const satisfies Record<string, FaultKind>;
