import { type HostOperations, type Plain, signatures, wireMarks } from './host.ts';

/** An operation as an engine calls it: plain values only, and it never throws. See inside/wire.ts for the other side. */
export interface CrossingOperation {
  readonly name: string;
  /** One letter a parameter: `s` a text, `n` a number. */
  readonly signature: string;
  call(a: Plain, b: Plain, c: Plain, d: Plain): Plain;
}

export function crossingOperations(operations: HostOperations): CrossingOperation[] {
  return (Object.keys(signatures) as (keyof HostOperations)[]).map((name) => {
    const operation = (operations[name] as (a: Plain, b: Plain, c: Plain, d: Plain) => Plain).bind(operations);
    return {
      name,
      signature: signatures[name],
      call(a, b, c, d) {
        try {
          return outward(operation(inward(a), inward(b), inward(c), inward(d)));
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
