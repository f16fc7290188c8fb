import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../test/support/free-port.ts';
import { answerBody } from '../answer.ts';
import { startServer } from '../process.ts';
import type { Workload } from '../scenarios.ts';
import { installDebian } from './debian.ts';
import { type Peer, probePath } from './peer.ts';

const program = '/usr/sbin/haproxy';

export const haproxy: Peer = {
  name: 'haproxy',
  what: 'HAProxy, one thread, connections kept; chains over loopback',
  serves: ({ kind }) => kind !== 'realistic',
  install: async (ground) => installDebian(['haproxy'], [program], ground),
  start: async (workload, ground) => {
    const port = await freePort();
    const file = join(mkdtempSync(join(ground.folder, 'haproxy-')), 'haproxy.cfg');
    writeFileSync(file, configuration(workload, port, ground.backendPort));
    return startServer({
      command: [program, '-db', '-q', '-f', file],
      port,
      cpu: ground.serverCpu,
      path: probePath(workload),
    });
  },
};

function configuration(workload: Workload, port: number, backendPort: number): string {
  return `global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 300s
  timeout server 300s
  http-reuse always
frontend bench
  bind 127.0.0.1:${port} backlog 4096
${rules(workload, port, backendPort)}
`;
}

function rules(workload: Workload, port: number, backendPort: number): string {
  if (workload.kind === 'static') return `  ${answer('')}`;
  if (workload.kind !== 'chain')
    return `  default_backend to-backend\n${backend('to-backend', 'bench', '', '', backendPort)}`;
  const fronts: string[] = [];
  const backends: string[] = [];
  for (let hop = 1; hop <= workload.depth; hop++) {
    const name = `hop-${hop}`;
    const at = `if { path_beg /${name}/ }`;
    if (hop === 1 && workload.end === 'static') {
      fronts.push(`  ${answer(`hdr X-Hop-1 hop-1 ${at}`)}`);
      continue;
    }
    const header = `  http-response add-header X-Hop-${hop} ${name}\n`;
    const next = hop === 1 ? '' : `/hop-${hop - 1}`;
    fronts.push(`  use_backend to-${name} ${at}`);
    backends.push(backend(`to-${name}`, name, next, header, hop === 1 ? backendPort : port));
  }
  return [...fronts, ...backends].join('\n');
}

function backend(name: string, from: string, to: string, header: string, port: number): string {
  return `backend ${name}\n  http-request replace-path ^/${from}(/.*) ${to}\\1\n${header}  server next 127.0.0.1:${port}`;
}

function answer(rest: string): string {
  return `http-request return status 200 content-type application/json string '${answerBody}' ${rest}`;
}
