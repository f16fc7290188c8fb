import { Fault, type FaultKind } from '../fault.ts';
import { requestFaults } from './oauth-faults.ts';

/** What a refused request for a token or code is answered, in Apigee's shape and in that of RFC 6749 section 5.2. */
interface RefusalAnswer {
  readonly status: number;
  readonly errorCode: string;
  /** Differs from Apigee's code for some. */
  readonly rfcError: string;
  readonly error: string;
}

/** Thrown when a request for a token or code is refused: an answer of its own, or a fault, as the policy is configured. */
export class OAuthRefusal extends Error {
  readonly kind: FaultKind;
  readonly answer: RefusalAnswer;

  /** @param faultstring of the fault */
  constructor(kind: FaultKind, answer: RefusalAnswer, faultstring: string) {
    super(faultstring);
    this.kind = kind;
    this.answer = answer;
  }
}

/** `Required param : NAME` */
export function missingParameter(name: string): OAuthRefusal {
  return badRequest(`Required param : ${name}`);
}

/** In a request for a code or an implicit token. */
export function missingInAuthorization(name: string): OAuthRefusal {
  return badRequest(`The request is missing a required parameter : ${name}`);
}

export function badRequest(error: string): OAuthRefusal {
  const kind = requestFaults.invalidRequest;
  return new OAuthRefusal(
    kind,
    { status: 400, errorCode: 'invalid_request', rfcError: 'invalid_request', error },
    error,
  );
}

/** Nobody is told whether it is the id or the secret. */
export function invalidClient(): OAuthRefusal {
  const answer = { status: 401, errorCode: 'invalid_client', rfcError: 'invalid_client', error: 'ClientId is Invalid' };
  return new OAuthRefusal(requestFaults.invalidClient, answer, requestFaults.invalidClient.text);
}

/** The client is known, and may not have a token just now. */
export function refusedClient(kind: FaultKind): OAuthRefusal {
  const answer = { status: kind.status, errorCode: 'invalid_client', rfcError: 'invalid_client', error: kind.text };
  return new OAuthRefusal(kind, answer, kind.text);
}

export function unknownClient(clientId: string): OAuthRefusal {
  const error = `Invalid client id : ${clientId}. ClientId is Invalid`;
  const answer = { status: 401, errorCode: 'invalid_request', rfcError: 'invalid_client', error };
  return new OAuthRefusal(requestFaults.invalidClient, answer, requestFaults.invalidClient.text);
}

/** A code or refresh token that is not good. */
export function invalidGrant(kind: FaultKind): OAuthRefusal {
  const answer = { status: kind.status, errorCode: 'invalid_request', rfcError: 'invalid_grant', error: kind.text };
  return new OAuthRefusal(kind, answer, kind.text);
}

/** A fault whatever is generated. Apigee: OAuth HTTP status code reference. */
export function unsupportedGrantType(grantType: string): Fault {
  return new Fault(requestFaults.unsupportedGrantType, `${requestFaults.unsupportedGrantType.text} : ${grantType}`);
}
