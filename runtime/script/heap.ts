import type { HeapEntries, HostOperations } from './host.ts';
import type { Program } from './program/program.ts';

/** A heap with the object model in it. An engine implements it; one per bundle, and one per run where a script asks. */
export interface Heap extends Omit<HeapEntries, 'define' | 'describe' | 'json'> {
  /** Compiles a script; gives its number. @throws HeapError */
  compile(program: Program, properties: ReadonlyMap<string, string>): number;
  /** JSON of an object kept for a transaction; within a time of its own, as it may run code of scripts. */
  json(transaction: number, object: number): string | undefined;
  /** Runs what promises of scripts have to do. */
  runJobs(): void;
  /** Whether it can be used no longer. */
  readonly isBroken: boolean;
  close(): void;
}

/** What an engine gives for a bundle: heaps with one limit of memory. */
export interface HeapMaker {
  /** Whether a call out of a heap costs so much that values are better handed over before they are asked for. */
  readonly prefersBatches: boolean;
  /**
   * @param isShared runs of different requests meet in it: everything in it that could carry something from one to
   * another is frozen
   */
  make(operations: HostOperations, isShared: boolean): Heap;
  /** Does something inside a heap within a time; Infinity: no limit. @throws HeapError */
  within<T>(milliseconds: number, mayRunLong: boolean, action: () => T): T;
}

/** Something thrown, or refused, inside a heap. */
export class HeapError extends Error {
  readonly reason: 'threw' | 'timeLimit' | 'memory' | 'broken';
  /** Class name of a thrown error, such as `TypeError`. */
  readonly errorName: string;
  /** Stack of the heap, for line numbers; shown to nobody. */
  readonly frames: string;

  constructor(reason: HeapError['reason'], message: string, errorName = '', frames = '') {
    super(message);
    this.reason = reason;
    this.errorName = errorName;
    this.frames = frames;
  }
}

/** Milliseconds that making the JSON of an object may take. */
export const jsonMilliseconds = 200;

/** File name of scripts in stacks. */
export const scriptFileName = 'zerohop-script';
export const modelFileName = 'zerohop-model';
