import { CommandFailure } from '../settings.ts';

/** Reads what the user named. @throws CommandFailure when there is nothing, or nothing that may be read */
export async function readOrFail<R>(path: string, read: (path: string) => Promise<R>): Promise<R> {
  try {
    return await read(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'ENOTDIR') throw error;
    const what = code === 'EACCES' ? 'may not be read' : 'is not there';
    throw new CommandFailure(`${path} ${what}. Name a directory that holds bundles.`);
  }
}
