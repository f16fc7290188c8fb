/** Types a policy may ask for. Apigee: ExtractVariables, `type` of a Variable. */
export const valueKinds = ['string', 'boolean', 'integer', 'long', 'float', 'double', 'nodeset'] as const;
export type ValueKind = (typeof valueKinds)[number];

/**
 * A text as a value of a type; undefined when it is none. Ranges are Java's. A long that a number cannot hold exactly
 * stays a text, so that it keeps its digits.
 */
export function castText(text: string, kind: ValueKind): string | number | boolean | undefined {
  switch (kind) {
    case 'string':
    case 'nodeset':
      return text;
    case 'boolean':
      return booleanOf(text.trim().toLowerCase());
    case 'integer':
      return integerOf(text.trim());
    case 'long':
      return longOf(text.trim());
    case 'float':
    case 'double':
      return decimalOf(text.trim());
  }
}

function booleanOf(text: string): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

function integerOf(text: string): number | undefined {
  if (!/^[+-]?\d{1,64}$/.test(text)) return undefined;
  const number = Number(text);
  return number >= -(2 ** 31) && number < 2 ** 31 ? number : undefined;
}

function longOf(text: string): number | string | undefined {
  if (!/^[+-]?\d{1,64}$/.test(text)) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number)) return number;
  const exact = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return BigInt.asIntN(64, exact) === exact ? String(exact) : undefined;
}

function decimalOf(text: string): number | undefined {
  if (!/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}
