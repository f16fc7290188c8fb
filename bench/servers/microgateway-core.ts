import { requireFrom } from './installed.ts';
import { readTask } from './task.ts';

type Gateway = (config: object) => { start(started: (error: unknown) => void): void };

const { port, backendPort, packages, folder } = readTask();
const gateway = requireFrom<Gateway>(packages, 'microgateway-core');
gateway({
  edgemicro: { port, logging: { level: 'error', dir: folder } },
  proxies: [{ name: 'bench', base_path: '/bench', secure: false, url: `http://127.0.0.1:${backendPort}` }],
  headers: {},
}).start((error) => {
  if (error !== undefined && error !== null) throw error;
});
