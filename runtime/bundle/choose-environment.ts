import { type Diagnostics, nearest, wholeFile } from '../diagnostic.ts';
import { type LoadedEnvironment, readEnvironment } from './environment-files.ts';
import type { Layout } from './layout.ts';

/**
 * Reads the environment that is asked for, else the only one there is, else `local`, which need not exist.
 * @param directory as shown to the author
 */
export function chooseEnvironment(
  layout: Layout,
  asked: string | undefined,
  directory: string,
  diagnostics: Diagnostics,
): LoadedEnvironment {
  const names = [...layout.environments.keys()];
  const [only] = names;
  const name = asked ?? (names.length === 1 && only !== undefined ? only : 'local');
  if (names.length > 0 && !names.includes(name)) {
    const [best] = nearest(name, names);
    const found = names.join(', ');
    const message =
      asked === undefined
        ? `There are several environments (${found}); none of them is read.`
        : `There is no environment "${asked}"; found: ${found}.`;
    const hint = best === undefined ? 'Choose one with --environment NAME.' : `Did you mean "${best}"?`;
    diagnostics.warning('ZH055', wholeFile(directory), message, hint);
  }
  for (const [first, second] of layout.repeated) {
    if (!second.path.includes(`environments/${name}/`)) continue;
    const message = `Environment "${name}" has this file already: ${first.shown}. This one is not read.`;
    diagnostics.warning('ZH055', wholeFile(second.shown), message, 'Put both into one file.');
  }
  return readEnvironment(name, layout.environments.get(name) ?? new Map(), layout.tests, diagnostics);
}
