import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireFrom } from './installed.ts';
import { readTask } from './task.ts';

interface Main {
  load(folder: string): Main;
  run(): Promise<unknown>;
}

const { port, backendPort, packages, folder } = readTask();
const config = join(folder, 'config');
mkdirSync(config, { recursive: true });
cpSync(join(packages, 'node_modules', 'express-gateway', 'lib', 'config', 'models'), join(config, 'models'), {
  recursive: true,
});
writeFileSync(
  join(config, 'system.config.yml'),
  'db:\n  redis:\n    emulate: true\n    namespace: EG\ncrypto:\n  cipherKey: sensitiveKey\n  algorithm: aes256\n  saltRounds: 10\n',
);
writeFileSync(
  join(config, 'gateway.config.yml'),
  `http:
  port: ${port}
  hostname: 127.0.0.1
apiEndpoints:
  bench:
    host: '*'
    paths: '/bench/*'
serviceEndpoints:
  backend:
    url: 'http://127.0.0.1:${backendPort}'
policies:
  - proxy
pipelines:
  bench:
    apiEndpoints:
      - bench
    policies:
      - proxy:
          - action:
              serviceEndpoint: backend
              changeOrigin: true
`,
);
process.env.EG_CONFIG_DIR = config;
await requireFrom<() => Main>(packages, 'express-gateway')().load(config).run();
