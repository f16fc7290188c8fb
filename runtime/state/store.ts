/**
 * What survives requests and may be shared between servers. Answers are a value or a promise: memory answers at once,
 * a store on disk or across a network later. Keys are plain text; parts are joined with `keyOf`.
 */
export interface Store {
  get(key: string): string | undefined | Promise<string | undefined>;
  set(key: string, value: string): void | Promise<void>;
  /** Sets only when there is nothing; answers whether it did. One atomic step. */
  add(key: string, value: string): boolean | Promise<boolean>;
  delete(key: string): void | Promise<void>;
  /** All keys that begin with `prefix`, in order. */
  keys(prefix: string): readonly string[] | Promise<readonly string[]>;
  /** Several changes in one atomic step, on disk when it answers: after a crash all of them are there, or none. */
  write(changes: readonly Change[]): void | Promise<void>;
  close(): Promise<void>;
}

/** A key and its new value; undefined removes it. */
export interface Change {
  readonly key: string;
  readonly value: string | undefined;
}

/** Joins parts so that no two lists of parts give the same key. */
export function keyOf(...parts: readonly string[]): string {
  return parts.map((part) => part.replaceAll('%', '%25').replaceAll('/', '%2F')).join('/');
}

/** The other way round from `keyOf`, for one part. */
export function partOf(part: string): string {
  return part.replaceAll('%2F', '/').replaceAll('%25', '%');
}
