/**
 * The usual text of a value; undefined for a value that is not set. Bytes are read as UTF-8, a list is its items with
 * commas, an object is its JSON.
 */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return undefined;
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8');
  if (Array.isArray(value)) return value.map((item: unknown) => bareJsonText(item) ?? '').join(',');
  return typeof value === 'object' ? jsonText(value) : String(value);
}

/** A JSON value as Apigee puts it into a variable: texts bare, null as nothing, objects and lists as JSON. */
export function bareJsonText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return undefined;
  return typeof value === 'object' ? jsonText(value) : String(value);
}

/** Undefined when the value is nested so deeply that it cannot be written. */
function jsonText(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return undefined;
    throw error;
  }
}
