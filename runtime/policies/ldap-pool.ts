/** An idle connection is closed after this. zerohop's choice. */
const idleMilliseconds = 30_000;

interface Idle<C> {
  readonly client: C;
  readonly timer: NodeJS.Timeout;
}

/** Connections that are used by one at a time, kept for the next, and closed when nobody wants them. */
export class LdapPool<C> {
  readonly #open: () => Promise<C>;
  readonly #isOpen: (client: C) => boolean;
  readonly #close: (client: C) => Promise<void>;
  readonly #limits: { readonly most: number; readonly milliseconds: number };
  readonly #idle: Idle<C>[] = [];
  readonly #waiting: (() => void)[] = [];
  #used = 0;

  constructor(
    open: () => Promise<C>,
    isOpen: (client: C) => boolean,
    close: (client: C) => Promise<void>,
    limits: { readonly most: number; readonly milliseconds: number },
  ) {
    this.#open = open;
    this.#isOpen = isOpen;
    this.#close = close;
    this.#limits = limits;
  }

  /** @throws what `open` or `work` throws; the connection is not used again then */
  async use<T>(work: (client: C) => Promise<T>): Promise<T> {
    if (this.#used >= this.#limits.most) await this.#turn();
    this.#used++;
    let client: C | undefined;
    try {
      client = this.#takeIdle() ?? (await this.#open());
      const result = await work(client);
      this.#keep(client);
      return result;
    } catch (error) {
      if (client !== undefined) await this.#close(client);
      throw error;
    } finally {
      this.#used--;
      this.#waiting.shift()?.();
    }
  }

  async close(): Promise<void> {
    for (const { client, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      await this.#close(client);
    }
  }

  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const admit = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(admit), 1);
        reject(new Error('Timed out while waiting for a connection'));
      }, this.#limits.milliseconds);
      this.#waiting.push(admit);
    });
  }

  #takeIdle(): C | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      clearTimeout(idle.timer);
      // The server may have closed it meanwhile.
      if (this.#isOpen(idle.client)) return idle.client;
    }
    return undefined;
  }

  #keep(client: C): void {
    const timer = setTimeout(() => {
      const at = this.#idle.findIndex((one) => one.client === client);
      if (at === -1) return;
      this.#idle.splice(at, 1);
      void this.#close(client);
    }, idleMilliseconds);
    timer.unref();
    this.#idle.push({ client, timer });
  }
}
