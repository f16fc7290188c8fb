import { Fault, type FaultKind } from '../fault.ts';
import type { Outcome } from '../message/exchange.ts';
import type { Step } from './policy.ts';

/** Why a token cannot be made, read or trusted. Apigee: runtime errors of the JWT and JWS policies, last part of the code. */
const texts = {
  AlgorithmInTokenNotPresentInConfiguration: 'Algorithm in token is not present in configuration',
  AlgorithmMismatch: 'Algorithm in header did not match any algorithm specified in Configuration',
  DecryptionFailed: 'Decryption failed',
  EncryptionFailed: 'Encryption failed',
  FailedToDecode: 'Failed to Decode Token',
  FailedToResolveVariable: 'Failed to resolve variable',
  GenerationFailed: 'Failed to generate token',
  InsufficientKeyLength: 'Insufficient key length',
  InvalidClaim: 'Invalid claim',
  InvalidConfiguration: 'Invalid configuration',
  InvalidCurve: 'Invalid curve',
  InvalidJsonFormat: 'Invalid JSON format',
  InvalidPasswordKey: 'Invalid password key',
  InvalidPayload: 'Invalid payload',
  InvalidPrivateKey: 'Invalid private key',
  InvalidPublicKey: 'Invalid public key',
  InvalidSecretKey: 'Invalid secret key',
  InvalidToken: 'Invalid token',
  JwtAudienceMismatch: 'Audience mismatch',
  JwtIssuerMismatch: 'Issuer mismatch',
  JwtSubjectMismatch: 'Subject mismatch',
  KeyIdMissing: 'Key id is missing',
  KeyParsingFailed: 'Failed to parse key',
  NoAlgorithmFoundInHeader: 'No algorithm found in header',
  NoMatchingPublicKey: 'No matching public key',
  SetVariableFailed: 'Failed to set variable',
  SigningFailed: 'Signing failed',
  TokenExpired: 'Token expired',
  TokenNotYetValid: 'Token not yet valid',
  UnhandledCriticalHeader: 'Unhandled critical header',
  WrongKeyType: 'Wrong key type',
} as const;

export type TokenReason = keyof typeof texts;

/** Thrown by what deals with tokens; the policy makes its fault of it. */
export class TokenFailure extends Error {
  readonly reason: TokenReason;

  /** @param detail goes behind the policy's name, such as `algorithm(RS256)` */
  constructor(reason: TokenReason, detail = '') {
    super(detail);
    this.reason = reason;
  }
}

export type TokenKind = 'jwt' | 'jws';

/** The faults of a policy. All have status 401, also those of making a token. Apigee: runtime errors of the JWT policies. */
export function tokenFaults<R extends TokenReason>(kind: TokenKind, ...reasons: readonly R[]): Record<R, FaultKind> {
  const faults: Partial<Record<R, FaultKind>> = {};
  for (const reason of reasons) faults[reason] = { code: `steps.${kind}.${reason}`, status: 401, text: texts[reason] };
  return faults as Record<R, FaultKind>;
}

/** A step whose TokenFailures become faults of the policy. */
export function tokenStep(step: Step, faults: Readonly<Partial<Record<TokenReason, FaultKind>>>, name: string): Step {
  const fail = (error: unknown): never => {
    if (!(error instanceof TokenFailure)) throw error;
    const kind = faults[error.reason];
    if (kind === undefined) throw new Error(`${name} raises ${error.reason}, which its policy does not declare`);
    throw new Fault(kind, `${kind.text}: policy(${name})${error.message === '' ? '' : ` ${error.message}`}`);
  };
  return (exchange) => {
    let outcome: Outcome;
    try {
      outcome = step(exchange);
    } catch (error) {
      return fail(error);
    }
    return outcome === undefined ? undefined : outcome.then(undefined, fail);
  };
}
