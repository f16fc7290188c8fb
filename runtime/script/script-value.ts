import type { Heap } from './heap.ts';

/** A flow variable that holds an object of a script: it stays in its heap, other policies see its JSON. */
export class ScriptValue {
  readonly heap: () => Heap;
  readonly transaction: number;
  readonly object: number;

  constructor(heap: () => Heap, transaction: number, object: number) {
    this.heap = heap;
    this.transaction = transaction;
    this.object = object;
  }

  /** Undefined for what has no JSON, such as a function. */
  toJSON(): unknown {
    const text = this.heap().json(this.transaction, this.object);
    return text === undefined ? undefined : JSON.parse(text);
  }
}
