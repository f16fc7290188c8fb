import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailure } from '../settings.ts';
import type { Resource } from './bundle.ts';

/** Scripts in JavaScript that stand for policies which cannot run here. */
export interface Overrides {
  /** The script for a policy of a bundle; undefined when there is none. */
  find(bundle: string, policy: string, resource: string): Resource | undefined;
}

/**
 * The folder's script for a policy, the first of `BUNDLE/POLICY.js`, `BUNDLE/RESOURCE.js` and `jsc/RESOURCE.js`, where
 * RESOURCE is the file of the policy's `ResourceURL` without its ending. zerohop's choice.
 * @throws CommandFailure when there is no such folder
 */
export function overridesIn(folder: string): Overrides {
  if (!existsSync(folder)) throw new CommandFailure(`--overrides ${folder}: there is no such folder.`);
  return {
    find: (bundle, policy, resource) => {
      const base = resource.replace(/\.[^.]+$/, '');
      for (const [place, name] of [
        [bundle, policy],
        [bundle, base],
        ['jsc', base],
      ] as const) {
        // Names come from bundles: they lead nowhere else.
        if (!isPlain(place) || !isPlain(name)) continue;
        const file = join(folder, place, `${name}.js`);
        if (existsSync(file)) return { type: 'jsc', name: `${name}.js`, file, bytes: readFileSync(file) };
      }
      return undefined;
    },
  };
}

function isPlain(name: string): boolean {
  return /^[^/\\\0]+$/.test(name) && name !== '.' && name !== '..';
}
