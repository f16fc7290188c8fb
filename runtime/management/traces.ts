import { ApiError } from './failure.ts';
import { environment } from './places.ts';
import type { Route } from './route.ts';

const sessions = `${environment}/apis/{api}/revisions/{revision}/debugsessions`;

/** Debug sessions are not there yet: said at once, so that no client waits for a transaction that never comes. */
export const traceRoutes: readonly Route[] = (
  [
    ['POST', '/v1/emulator/trace'],
    ['DELETE', '/v1/emulator/trace'],
    ['GET', '/v1/emulator/trace/transactions'],
    ['GET', sessions],
    ['POST', sessions],
  ] as const
).map(
  ([method, path]): Route => ({
    method,
    path,
    summary: 'Debug sessions: not in this version',
    answers: { 501: 'Error' },
    run: () => {
      const message = 'This version of zerohop keeps no debug sessions. Its log shows each request with its chain.';
      throw new ApiError(501, 'request.NotImplemented', message);
    },
  }),
);
