import { detached } from '../detached.ts';
import type { Diagnostic, Place, Severity } from '../diagnostic.ts';

/** A place as text: what lives as long as a deployment must not keep the sources of all bundles alive. */
export type Spot = Pick<Diagnostic, 'file' | 'line' | 'column' | 'length' | 'excerpt'>;

export function spotOf(place: Place): Spot {
  const { line, column } = place.source.position(place.offset);
  const { file } = place.source;
  return { file, line, column, length: place.length, excerpt: detached(place.source.line(line)) };
}

export function findingAt(spot: Spot, severity: Severity, code: string, message: string, hint: string): Diagnostic {
  return { ...spot, severity, code, message, hint };
}
