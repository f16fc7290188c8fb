/** Where the translation of a Java expression stands: the place in its text and the flags in force there. */

export interface Flags {
  readonly ignoreCase: boolean;
  readonly unicodeCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly comments: boolean;
  readonly unixLines: boolean;
}

export interface State {
  readonly text: string;
  at: number;
  /** End of the `\Q` quotation the place is in, else -1. */
  quotedUntil: number;
  flags: Flags;
  groups: number;
  atomics: number;
  lookbehinds: number;
  depth: number;
  readonly names: Map<string, number>;
  readonly references: { readonly group: number; readonly index: number }[];
}

/** Deeper nesting than any author writes; keeps hostile expressions from exhausting the stack. */
export const maximumDepth = 200;

/** Steps over quotation marks and, under the flag x, over blanks and comments. True inside a quotation. */
export function settle(state: State): boolean {
  const { text } = state;
  for (;;) {
    if (state.quotedUntil >= 0) {
      if (state.at < state.quotedUntil) return true;
      state.at = Math.min(state.quotedUntil + 2, text.length);
      state.quotedUntil = -1;
    } else if (text.startsWith('\\Q', state.at)) {
      const end = text.indexOf('\\E', state.at + 2);
      state.quotedUntil = end === -1 ? text.length : end;
      state.at += 2;
    } else if (state.flags.comments && /[\t-\r ]/.test(text.charAt(state.at))) {
      state.at++;
    } else if (state.flags.comments && text.charAt(state.at) === '#') {
      const end = text.indexOf('\n', state.at);
      state.at = end === -1 ? text.length : end;
    } else {
      return false;
    }
  }
}
