import type { Session, SessionOptions } from '../debug/session.ts';
import { SessionRefusal } from '../debug/sessions.ts';
import type { ApiContext } from './context.ts';
import { type ApiError, absent, invalid } from './failure.ts';

/** What the routes of debug sessions have in common, whatever their shapes. */

/** @throws ApiError 400, 404 */
export async function openSession({ deployments }: ApiContext, options: SessionOptions): Promise<Session> {
  try {
    return await deployments.debugging.open(options);
  } catch (error) {
    if (error instanceof SessionRefusal) throw invalid(error.message);
    throw error;
  }
}

/** @throws ApiError 404 */
export function sessionOf(id: string, { deployments }: ApiContext): Session {
  const session = deployments.debugging.sessions.get(id);
  if (session === undefined) throw noSession(id);
  return session;
}

function noSession(id: string): ApiError {
  return absent('debug.SessionNotFound', `There is no debug session "${id}": it was deleted, or ended an hour ago.`);
}

/** A number from a query or a body; undefined when it is not there. @throws ApiError 400 */
export function wholeNumber(text: string | null, name: string, least: number, most: number): number | undefined {
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
  throw invalid(`"${name}" is "${text.slice(0, 40)}"; it is a whole number ${range}.`);
}
