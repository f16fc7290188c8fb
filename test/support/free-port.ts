import { createServer } from 'node:net';

/**
 * Ports are handed out in turn, each process beginning elsewhere, below those that systems give to outgoing connections
 * (Linux: 32768 and up): a port the system chose for a probe may be anybody's by the time a server wants it, even the
 * next probe's.
 */
const lowest = 10_240;
const count = 22_000;
const handedOut = (function* (): Generator<number, never> {
  for (let next = (process.pid * 97) % count; ; next = (next + 1) % count) yield lowest + next;
})();

/** A port of loopback that nobody listens on, another one with each call. */
export async function freePort(): Promise<number> {
  for (;;) {
    const { value } = handedOut.next();
    if (await isFree(value)) return value;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
