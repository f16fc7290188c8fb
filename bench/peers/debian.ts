import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { run } from '../process.ts';
import type { Ground } from './peer.ts';

/** Gets a program from a Debian package when it is missing; tells the reason when that cannot be. */
export function installDebian(
  packages: readonly string[],
  needed: readonly string[],
  ground: Ground,
): string | undefined {
  const missing = needed.filter((file) => !existsSync(file));
  if (missing.length === 0) return undefined;
  const wanted = `${missing.join(', ')} missing (Debian: ${packages.join(' ')})`;
  if (!ground.mayInstall) return `${wanted}, and --no-install was given`;
  if (spawnSync('apt-get', ['--version']).status !== 0) return `${wanted}, and there is no apt-get`;
  if (process.getuid?.() !== 0) return `${wanted}, and only root may install them`;
  try {
    const options = ['-y', '-qq', '--no-install-recommends'];
    run('apt-get', ['update', '-qq']);
    // RUNLEVEL=1: a daemon that starts with its package would run on the cores that are measured.
    run('env', ['DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1', 'apt-get', 'install', ...options, ...packages]);
  } catch (error) {
    return `${wanted}; ${String(error).split('\n').at(-1) ?? ''}`;
  }
  const still = needed.filter((file) => !existsSync(file));
  return still.length === 0 ? undefined : `${still.join(', ')} missing even with ${packages.join(' ')} installed`;
}
