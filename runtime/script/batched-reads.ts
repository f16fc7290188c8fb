import { type Reader, variableReader } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import type { Plain } from './host.ts';

/** Characters of one value that cross with others; longer ones cross when they are read. */
const longest = 1024;

/**
 * Reads the variables a script names literally, so that they cross into the sandbox as arguments of one call: a call out of
 * it costs some microseconds whatever it carries (bench/micro/script.ts). See inside/context.ts for the other side.
 * undefined in the list: the value is to be asked for.
 */
export function batchedReads(names: readonly string[]): ((exchange: Exchange) => Plain[]) | undefined {
  if (names.length === 0) return undefined;
  const readers: readonly Reader[] = names.map(variableReader);
  return (exchange) => readers.map((read) => plain(read(exchange)));
}

function plain(value: unknown): Plain {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return typeof value === 'string' && value.length <= longest && crosses.test(value) ? value : undefined;
}

/** What survives the crossing as it stands (inside/wire.ts). */
const crosses = /^[\t\n\r\u0020-\u007e\u00a0-\ud7ff]*$/;
