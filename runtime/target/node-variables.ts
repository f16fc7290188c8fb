/** Flow variables between a ScriptTarget and its application: they travel with request and response, in a header. */

export const variablesHeader = 'x-zerohop-variables';

/** Names and values; null removes. */
export type VariableChanges = Iterable<readonly [name: string, value: unknown]>;

/** Characters that the header may have; what does not fit is left out. */
const mostCharacters = 128 * 1024;
/** Characters of one value. */
const mostOfOne = 16 * 1024;

/** As a header can carry it. Only texts, numbers and booleans go. */
export function writeVariables(variables: VariableChanges): string {
  const kept: (readonly [string, unknown])[] = [];
  let length = 0;
  for (const [name, value] of variables) {
    if (value !== null && !['string', 'number', 'boolean'].includes(typeof value)) continue;
    const size = name.length + String(value).length;
    length += size * 2;
    if (size > mostOfOne || length > mostCharacters) continue;
    kept.push([name, value]);
  }
  return Buffer.from(JSON.stringify(kept)).toString('base64');
}

/** Nothing for a text that is none of ours. */
export function readChanges(text: string): (readonly [name: string, value: unknown])[] {
  let list: unknown;
  try {
    list = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) => {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string') return [];
    return [[entry[0], entry[1]] as const];
  });
}
