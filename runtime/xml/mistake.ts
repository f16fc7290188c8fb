/** What keeps a text from being well-formed XML; offsets in UTF-16 units. */
export interface Mistake {
  readonly code: string;
  readonly offset: number;
  readonly length: number;
  readonly message: string;
  readonly hint?: string;
}

export function notWellFormed(offset: number, length: number, message: string, hint?: string): Mistake {
  return { code: 'BN011', offset, length, message, ...(hint === undefined ? {} : { hint }) };
}
