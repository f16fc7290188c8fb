/** A base path with exactly one leading slash and no trailing one; `/` is the empty string. */
export function formatBasePath(text: string): string {
  const trimmed = text.trim().replace(/^\/+/, '').replace(/\/+$/, '');
  return trimmed === '' ? '' : `/${trimmed}`;
}
