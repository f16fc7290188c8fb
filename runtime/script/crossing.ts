import type { HostOperations, Plain } from './host.ts';
import { wireMarks } from './host.ts';
import { operationNames } from './operations.ts';

/** An operation as an engine calls it: plain values only, and it never throws. See inside/wire.ts for the other side. */
export interface CrossingOperation {
  readonly name: string;
  readonly parameters: number;
  call(values: readonly Plain[]): Plain;
}

export function crossingOperations(operations: HostOperations): CrossingOperation[] {
  return operationNames.map((name) => {
    const operation = operations[name] as (...values: Plain[]) => Plain;
    return {
      name,
      parameters: operation.length,
      call(values) {
        try {
          return outward(operation.apply(operations, values.map(inward)));
        } catch (error) {
          return wireMarks.error + (error instanceof Error ? error.message : String(error));
        }
      },
    };
  });
}

function inward(value: Plain): Plain {
  return typeof value === 'string' && value.startsWith(wireMarks.json) ? (JSON.parse(value.slice(1)) as string) : value;
}

function outward(value: Plain): Plain {
  if (typeof value !== 'string' || value === '') return value;
  const first = value.charCodeAt(0);
  if (first !== 1 && first !== 2 && !value.includes('\0') && value.isWellFormed()) return value;
  return wireMarks.json + JSON.stringify(value);
}
