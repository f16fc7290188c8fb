/** Something that is given inputs made to hurt it. */
export interface FuzzTarget {
  readonly name: string;
  /** What changed copies are made of. */
  readonly seeds: readonly Buffer[];
  /** Takes an input: a fault or a finding is an answer, anything else that is thrown is a mistake of ours. */
  take(input: Buffer): Promise<void>;
}
