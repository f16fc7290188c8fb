/** What PromptTokenLimit takes from its library: how many tokens a text has, by the encoding o200k_base. */
export interface Tokenizer {
  count(text: string): number;
}

/** Characters that are counted by the encoding; of the rest four are one token. What is refused must not cost much. */
const countedCharacters = 256 * 1024;
/** Within one word the library takes quadratic time: longer ones are counted in pieces. */
const longestWord = 512;

/** Loads the library on first use: the ranks of its encoding are two megabytes. */
export async function loadTokenizer(): Promise<Tokenizer> {
  const { countTokens } = await import('gpt-tokenizer/encoding/o200k_base');
  // A prompt is data: what looks like a token of control in it is plain text.
  const plain = { disallowedSpecial: new Set<string>() };
  return {
    count: (text) => {
      const counted = text.length > countedCharacters ? text.slice(0, countedCharacters) : text;
      const rest = Math.ceil((text.length - counted.length) / 4);
      return rest + piecesOf(counted).reduce((sum, piece) => sum + countTokens(piece, plain), 0);
    },
  };
}

/** The text in pieces without overlong words; a text without them is one piece. */
export function piecesOf(text: string): string[] {
  if (!/\S{513}|\s{513}/.test(text)) return [text];
  return text.split(/(\S{513,}|\s{513,})/).flatMap((part) => {
    const pieces: string[] = [];
    for (let at = 0; at < part.length; at += longestWord) pieces.push(part.slice(at, at + longestWord));
    return part.length <= longestWord || /^(?:\S+|\s+)$/.test(part) ? pieces : [part];
  });
}
