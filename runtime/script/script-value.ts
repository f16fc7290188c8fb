import { type Heap, HeapError } from './heap.ts';

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

  /** Undefined for what has no JSON: a function, or an object whose heap is gone or whose own toJSON fails. */
  toJSON(): unknown {
    try {
      const text = this.heap().json(this.transaction, this.object);
      return text === undefined ? undefined : JSON.parse(text);
    } catch (error) {
      if (error instanceof HeapError) return undefined;
      throw error;
    }
  }
}
