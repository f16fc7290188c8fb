const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Cuts a stream of server-sent events at the blank lines between them, whatever the pieces it comes in. Nothing is lost:
 * the pieces that come out, one after the other, are the bytes that went in. Lines end in CR, LF or CRLF.
 */
export class EventSplitter {
  #parts: Buffer[] = [];
  #size = 0;
  #lineIsEmpty = true;
  #afterReturn = false;

  /** Bytes of the event that is not complete yet. */
  get pending(): number {
    return this.#size;
  }

  /** The events that this piece completes, each with the blank line that ends it. */
  push(chunk: Buffer): Buffer[] {
    const events: Buffer[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === lineFeed && this.#afterReturn) {
        // The second half of a line end that counted already.
        this.#afterReturn = false;
        continue;
      }
      this.#afterReturn = byte === carriageReturn;
      if (byte !== lineFeed && byte !== carriageReturn) {
        this.#lineIsEmpty = false;
        continue;
      }
      if (!this.#lineIsEmpty) {
        this.#lineIsEmpty = true;
        continue;
      }
      if (byte === carriageReturn && chunk[at + 1] === lineFeed) {
        this.#afterReturn = false;
        at++;
      }
      events.push(this.#take(chunk.subarray(start, at + 1)));
      start = at + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return events;
  }

  /** What came after the last blank line. */
  rest(): Buffer {
    return this.#take(Buffer.alloc(0));
  }

  #keep(part: Buffer): void {
    this.#parts.push(part);
    this.#size += part.length;
  }

  #take(last: Buffer): Buffer {
    const whole = this.#parts.length === 0 ? last : Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    this.#size = 0;
    return whole;
  }
}
