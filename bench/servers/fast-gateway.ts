import { requireFrom } from './installed.ts';
import { readTask } from './task.ts';

type Gateway = (options: object) => { start(port: number, host: string): Promise<unknown> };

const { port, backendPort, packages } = readTask();
const gateway = requireFrom<Gateway>(packages, 'fast-gateway');
await gateway({ routes: [{ prefix: '/bench', target: `http://127.0.0.1:${backendPort}` }] }).start(port, '127.0.0.1');
