/** What can go wrong in a style sheet: when it is compiled, and when it runs. */

/** An expression or a pattern that cannot be compiled. Offsets within its text. */
export class XPathMistake extends Error {
  override readonly name = 'XPathMistake';
  readonly offset: number;
  readonly length: number;
  /** Whether it is right, only more than zerohop runs. */
  readonly unsupported: boolean;

  constructor(message: string, offset: number, length: number, unsupported = false) {
    super(message);
    this.offset = offset;
    this.length = length;
    this.unsupported = unsupported;
  }
}

/** A transformation that failed. The message is the reason that the fault shows. */
export class TransformationFailure extends Error {
  override readonly name = 'TransformationFailure';
}
