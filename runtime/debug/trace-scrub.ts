import type { Secrets } from './secrets.ts';
import type { TraceCall } from './trace.ts';

/** What is read by machines, and never holds data of a request. */
const structure: ReadonlySet<string> = new Set([
  ...['kind', 'id', 'chain', 'parent', 'organization', 'environment', 'proxy', 'revision', 'endpoint', 'basePath'],
  ...['caller', 'policy', 'type', 'file', 'name', 'side', 'direction', 'enforcement', 'outcome', 'action', 'of'],
  ...['connection', 'note', 'code', 'handledBy', 'hook', 'target', 'call'],
]);

/** Hides secrets in all texts of a call; the calls inside of it are not touched. */
export function scrubCall(call: TraceCall, secrets: Secrets): void {
  scrub(call as unknown as Record<string, unknown>, secrets);
}

function scrub(value: Record<string, unknown>, secrets: Secrets): void {
  for (const [key, one] of Object.entries(value)) {
    if (typeof one === 'string') {
      if (!structure.has(key)) value[key] = secrets.scrub(one);
    } else if (typeof one === 'object' && one !== null && key !== 'call') {
      scrub(one as Record<string, unknown>, secrets);
    }
  }
}
