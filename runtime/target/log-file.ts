import {
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  type WriteStream,
} from 'node:fs';
import { dirname } from 'node:path';
import { LogFailure, type LogFile, type LogRotation } from '../policies/log-output.ts';

/** Bytes that may wait for a disk that does not keep up. */
const backlog = 16 * 1024 * 1024;

/** A file that lines are appended to. Opened with the first line; older files are NAME.1, NAME.2 and so on. */
export class RotatingFile implements LogFile {
  readonly #path: string;
  readonly #rotation: LogRotation;
  #stream: WriteStream | undefined;
  #size = 0;
  #since = 0;
  #failure: string | undefined;

  constructor(path: string, rotation: LogRotation) {
    this.#path = path;
    this.#rotation = rotation;
  }

  write(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    const stream = this.#ready(bytes.length);
    if (stream.writableLength > backlog) throw new LogFailure(`${this.#path} cannot be written fast enough`);
    stream.write(bytes);
    this.#size += bytes.length;
  }

  close(): void {
    this.#stream?.end();
    this.#stream = undefined;
  }

  #ready(length: number): WriteStream {
    try {
      if (this.#failure !== undefined) this.#reopenAfterFailure();
      else if (this.#stream === undefined) this.#open(this.#rotation.onStartup);
      else if (this.#isDue(length)) this.#open(true);
    } catch (error) {
      throw new LogFailure(`Cannot write ${this.#path}: ${(error as Error).message}`);
    }
    if (this.#stream === undefined) throw new LogFailure(`Cannot write ${this.#path}`);
    return this.#stream;
  }

  #reopenAfterFailure(): void {
    const reason = this.#failure ?? '';
    this.#failure = undefined;
    this.#stream = undefined;
    throw new Error(reason);
  }

  #isDue(length: number): boolean {
    const { maximumSize, frequency } = this.#rotation;
    return (this.#size > 0 && this.#size + length > maximumSize) || Date.now() - this.#since >= frequency;
  }

  #open(rotates: boolean): void {
    this.#stream?.end();
    mkdirSync(dirname(this.#path), { recursive: true });
    if (rotates && existsSync(this.#path)) this.#shift();
    this.#size = existsSync(this.#path) ? statSync(this.#path).size : 0;
    this.#since = Date.now();
    // Opened at once: the file of this moment, whatever it is renamed to before the first line gets there.
    const stream = createWriteStream(this.#path, { fd: openSync(this.#path, 'a') });
    stream.on('error', (error) => {
      if (stream === this.#stream) this.#failure = error.message;
    });
    this.#stream = stream;
  }

  #shift(): void {
    const { retained } = this.#rotation;
    if (retained === 0) {
      rmSync(this.#path);
      return;
    }
    for (let number = retained - 1; number >= 1; number--) {
      if (existsSync(`${this.#path}.${number}`)) renameSync(`${this.#path}.${number}`, `${this.#path}.${number + 1}`);
    }
    renameSync(this.#path, `${this.#path}.1`);
  }
}

/** The log files of a server: policies that name the same file write to one. */
export class LogFiles {
  readonly #files = new Map<string, RotatingFile>();

  open(path: string, rotation: LogRotation): LogFile {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const made = new RotatingFile(path, rotation);
    this.#files.set(path, made);
    return made;
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }
}
