import { invalid } from './failure.ts';
import type { JsonMembers } from './request.ts';

/** Members of JSON that a client sent; those that are not there are undefined. */

/** A text; numbers and booleans are written out, since clients quote some and not others. @throws ApiError 400 */
export function textMember(body: JsonMembers, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object') throw invalid(`"${name}" must be a text.`);
  return String(value);
}

/** @throws ApiError 400 */
export function requiredText(body: JsonMembers, name: string, what: string): string {
  const value = textMember(body, name);
  if (value === undefined || value === '') throw invalid(`${what} needs a "${name}".`);
  return value;
}

/** A boolean, or its text. @throws ApiError 400 */
export function flagMember(body: JsonMembers, name: string): boolean | undefined {
  const value = textMember(body, name);
  if (value === undefined) return undefined;
  if (!/^(?:true|false)$/i.test(value)) throw invalid(`"${name}" must be true or false.`);
  return value.toLowerCase() === 'true';
}

/** @throws ApiError 400 */
export function textsMember(body: JsonMembers, name: string): string[] | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) {
    throw invalid(`"${name}" must be a list of texts.`);
  }
  return value;
}

/** A list of objects; empty when it is not there. @throws ApiError 400 */
export function objectsMember(body: JsonMembers, name: string): readonly JsonMembers[] {
  const value = body[name] ?? [];
  if (!Array.isArray(value) || !value.every(isObject)) throw invalid(`"${name}" must be a list of objects.`);
  return value;
}

export function isObject(value: unknown): value is JsonMembers {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
