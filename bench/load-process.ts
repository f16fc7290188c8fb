import { type ChildProcess, fork } from 'node:child_process';
import type { LoadOrder, LoadReply, LoadResult } from './load.ts';
import { builtFile, pin } from './process.ts';

/** The process that sends the load, and the one behind the proxies; both on the second core. */
export interface LoadProcess {
  readonly backendPort: number;
  /** @throws Error when an answer is wrong or missing */
  send(order: LoadOrder): Promise<LoadResult>;
  stop(): void;
}

export async function startLoadProcess(cpu: number): Promise<LoadProcess> {
  const backend = fork(builtFile('backend.js'));
  const load = fork(builtFile('load.js'));
  for (const { pid } of [backend, load]) if (pid !== undefined) pin(pid, cpu);
  const backendPort = (await nextMessage(backend)) as number;
  return {
    backendPort,
    send: async (order) => {
      load.send(order);
      const reply = (await nextMessage(load)) as LoadReply;
      if ('failure' in reply) throw new Error(reply.failure);
      return reply.result;
    },
    stop: () => {
      for (const child of [backend, load]) if (child.connected) child.disconnect();
    },
  };
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`A process of the bench ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.removeListener('exit', onExit);
      resolve(message);
    });
  });
}
