import { type AddressInfo, createServer } from 'node:net';
import type { CallHandler } from './call.ts';
import { Connection, type Door } from './connection.ts';
import { type FrontDoor, listen } from './front-door.ts';
import { Llhttp } from './llhttp.ts';

/** How often deadlines are looked at, and the clock of the door is set: one timer for all connections. */
const tickMilliseconds = 1000;

/** A listener on bare sockets. @throws CommandFailure when the port is taken */
export async function openNetDoor(host: string, port: number, handle: CallHandler): Promise<FrontDoor> {
  const connections = new Set<Connection>();
  const door: { -readonly [Name in keyof Door]: Door[Name] } = {
    handle,
    llhttp: new Llhttp(),
    now: performance.now(),
    date: new Date().toUTCString(),
    draining: false,
    left: (connection) => connections.delete(connection),
  };
  // Half open: a client that closes its side is still told what was wrong with its bytes.
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    connections.add(new Connection(socket, door));
  });
  await listen(server, host, port);
  const tick = setInterval(() => {
    door.now = performance.now();
    door.date = new Date().toUTCString();
    for (const connection of connections) if (connection.deadline < door.now) connection.expire();
  }, tickMilliseconds);
  return {
    port: (server.address() as AddressInfo).port,
    close: async (milliseconds) => {
      door.draining = true;
      const cut = setTimeout(() => {
        for (const connection of connections) connection.cut();
      }, milliseconds);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const connection of connections) connection.drain();
      });
      clearTimeout(cut);
      clearInterval(tick);
    },
  };
}
