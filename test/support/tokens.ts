import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { parseCompact } from '../../runtime/policies/compact-token.ts';
import type { Policy } from '../../runtime/policies/policy.ts';
import { listed } from './diagnostics.ts';
import { type ExchangeOptions, exchangeOf } from './exchange.ts';
import { compilePolicy, faultOf, type PolicyOptions } from './policy.ts';

export const secret = 'a secret of at least thirty-two bytes';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const privatePem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
export const publicPem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
export const publicJwk = pair.publicKey.export({ format: 'jwk' });

export const secretKey = '<SecretKey><Value ref="private.k"/></SecretKey>';
export const privateKey = '<PrivateKey><Value ref="private.pem"/></PrivateKey>';
export const publicKey = '<PublicKey><Value ref="pem"/></PublicKey>';
export const keys = { 'private.k': secret, 'private.pem': privatePem, pem: publicPem };

/** A policy named P without mistakes. */
export function stepOf(policy: Policy, inner: string, options: PolicyOptions = {}) {
  const compiled = compilePolicy(policy, `<${policy.element} name="P">${inner}</${policy.element}>`, options);
  assert.deepEqual(listed(compiled.diagnostics), []);
  return compiled.step;
}

/** Severity, code and message of each mistake. */
export function mistakesOf(policy: Policy, inner: string): string[] {
  const { diagnostics } = compilePolicy(policy, `<${policy.element} name="P">${inner}</${policy.element}>`);
  return listed(diagnostics).map((line) => line.replace(/^\S+ /, ''));
}

export function exchangeWith(variables: Readonly<Record<string, unknown>> = {}, options: ExchangeOptions = {}) {
  return exchangeOf({ ...options, variables: { ...keys, ...variables } });
}

export async function run(policy: Policy, inner: string, variables: Readonly<Record<string, unknown>> = {}) {
  const exchange = exchangeWith(variables);
  await stepOf(policy, inner)(exchange);
  return exchange;
}

/** `faultName: faultstring`, all of status 401. */
export async function failure(policy: Policy, inner: string, variables: Readonly<Record<string, unknown>> = {}) {
  const fault = await faultOf(stepOf(policy, inner), exchangeWith(variables));
  assert.equal(fault.status, 401);
  assert.match(fault.code, /^steps\.jw[st]\./);
  return `${fault.faultName}: ${fault.faultstring}`;
}

export function claimsOf(token: unknown): Record<string, unknown> {
  return JSON.parse(parseCompact(String(token)).payload.toString('utf8')) as Record<string, unknown>;
}

export function headerOf(token: unknown): Readonly<Record<string, unknown>> {
  return parseCompact(String(token)).header;
}
