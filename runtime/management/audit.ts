import type { Log } from '../log.ts';
import type { ApiRequest } from './request.ts';
import type { Match } from './router.ts';

/** Parameters of paths that are secrets themselves. */
const secretParameters: ReadonlySet<string> = new Set(['consumerKey', 'entry']);

/**
 * Every change is logged, done or refused: what, who, from where. Bodies and queries are left out, keys are masked.
 * @returns to be called with the status
 */
export function writeAudit({ route, params }: Match, request: ApiRequest, log: Log): (status: number) => void {
  const started = performance.now();
  return (status) => {
    if (route.method === 'GET') return;
    const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) =>
      secretParameters.has(name) ? '***' : (params.get(name) ?? ''),
    );
    const milliseconds = Math.round(performance.now() - started);
    const { user, address } = request;
    log.info({ change: `${route.method} ${path}`, status, user, address, milliseconds }, 'management change');
  };
}
