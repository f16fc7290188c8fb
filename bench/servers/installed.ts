import { createRequire } from 'node:module';
import { join } from 'node:path';

/** A module of a peer, from the folder it was installed into. The bench states the part of its type it uses. */
export function requireFrom<M>(packages: string, name: string): M {
  return createRequire(join(packages, 'package.json'))(name) as M;
}
