import { createHash } from 'node:crypto';
import type { Place } from '../diagnostic.ts';
import type { Exchange } from '../message/exchange.ts';
import { keyOf } from '../state/store.ts';
import { noTokensHint } from './google-tokens.ts';
import type { Compiler } from './policy.ts';

/** What SemanticCacheLookup and SemanticCachePopulate have in common. */

/** Where a lookup that found nothing leaves what a populate needs: a list of numbers. zerohop's choice. */
const vectorVariable = 'semanticcache.lookup.embeddings';
const promptVariable = 'semanticcache.lookup.prompt';

/** The prompt of a request with its place in the space of meanings. */
export interface Embedded {
  readonly prompt: string;
  readonly vector: readonly number[];
}

export function keepEmbedded(exchange: Exchange, { prompt, vector }: Embedded): void {
  exchange.setVariable(vectorVariable, vector);
  exchange.setVariable(promptVariable, prompt);
}

export function keptEmbedded(exchange: Exchange): Embedded | undefined {
  const vector: unknown = exchange.variables?.get(vectorVariable);
  const prompt = exchange.variables?.get(promptVariable);
  if (!isVector(vector) || typeof prompt !== 'string') return undefined;
  return { prompt, vector };
}

export function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'number');
}

/** The name of a prompt in the index: the same prompt has the same one, so that it is in the index once. */
export function datapointId(prompt: string, { bundle, organization, environment }: Compiler): string {
  const scope = [organization, environment, bundle, prompt].join('\0');
  return `zerohop-${createHash('sha256').update(scope).digest('hex')}`;
}

/** The key of a kept answer in the store. Each proxy has its own: another one may ask another model. */
export function answerKey(id: string, { bundle, organization, environment }: Compiler): string {
  return keyOf('semanticcache', organization, environment, bundle, id);
}

/** An answer as it is kept. */
export interface KeptAnswer {
  readonly status: number;
  /** Flat. */
  readonly headers: readonly string[];
  readonly content: string;
}

export function warnOfNoTokens(what: string, at: Place, compiler: Compiler): void {
  if (compiler.googleServices.canBeCalled) return;
  const message = `${what} calls Vertex AI, and there is no source of Google tokens: every call fails.`;
  compiler.warning('ZH663', at, message, noTokensHint);
}
