/** Milliseconds of work in one go after which requests get their turn. */
const longest = 10;

/** For long work on the thread that also serves. */
export class Breath {
  #since = performance.now();

  /** Between two pieces of work. */
  async take(): Promise<void> {
    if (performance.now() - this.#since < longest) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#since = performance.now();
  }
}
