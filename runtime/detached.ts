/**
 * The same text in memory of its own. A stretch of a string keeps the whole file alive that it was cut from, and values
 * outlive the file by far; stretches of up to twelve characters are copied by V8 anyway.
 */
export function detached(text: string): string {
  return text.length <= 12 ? text : Buffer.from(text, 'utf16le').toString('utf16le');
}
