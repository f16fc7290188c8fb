import type { Diagnostic } from '../../diagnostic.ts';

/** What a validation found, in the order it was found. */
export interface Findings {
  readonly diagnostics: readonly Diagnostic[];
  readonly bundles: number;
  readonly errors: number;
  readonly warnings: number;
}

export function findingsOf(diagnostics: readonly Diagnostic[], bundles: number): Findings {
  const errors = diagnostics.filter((one) => one.severity === 'error').length;
  return { diagnostics, bundles, errors, warnings: diagnostics.length - errors };
}

/** Findings by file, in the order the files were met. */
export function byFile(diagnostics: readonly Diagnostic[]): ReadonlyMap<string, readonly Diagnostic[]> {
  const files = new Map<string, Diagnostic[]>();
  for (const one of diagnostics) {
    const list = files.get(one.file);
    if (list === undefined) files.set(one.file, [one]);
    else list.push(one);
  }
  return files;
}

/** Message and hint as one text, for formats that have one field. */
export function fullMessage({ message, hint }: Diagnostic): string {
  return hint === undefined ? message : `${message} ${hint}`;
}
