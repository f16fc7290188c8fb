import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './process.ts';

export interface Built {
  /** Short commit. */
  readonly commit: string;
  readonly main: string;
}

/**
 * Builds another commit into a folder. Its files come from `git archive`, so that the repository keeps no trace of it. The
 * installed packages are shared when both lock files agree, else the commit gets its own.
 */
export function buildCommit(repository: string, reference: string, folder: string): Built {
  const commit = run('git', ['rev-parse', '--short', '--verify', `${reference}^{commit}`], repository).trim();
  const place = join(folder, `commit-${commit}`);
  mkdirSync(place, { recursive: true });
  const archive = join(folder, `${commit}.tar`);
  run('git', ['archive', '--format=tar', `--output=${archive}`, commit], repository);
  run('tar', ['-x', '-f', archive, '-C', place]);
  const lock = 'package-lock.json';
  const lockOf = (root: string): string => (existsSync(join(root, lock)) ? readFileSync(join(root, lock), 'utf8') : '');
  if (lockOf(place) === lockOf(repository)) symlinkSync(join(repository, 'node_modules'), join(place, 'node_modules'));
  else run('npm', ['ci', '--no-audit', '--no-fund'], place);
  run('npm', ['run', 'build'], place);
  return { commit, main: join(place, 'dist', 'runtime', 'main.js') };
}
