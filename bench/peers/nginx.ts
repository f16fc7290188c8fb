import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../test/support/free-port.ts';
import { answerBody } from '../answer.ts';
import { type Running, startServer } from '../process.ts';
import type { Workload } from '../scenarios.ts';
import { installDebian } from './debian.ts';
import { type Ground, type Peer, probePath } from './peer.ts';

const program = '/usr/sbin/nginx';
const modules = '/usr/lib/nginx/modules';
const luaModule = `${modules}/ngx_http_lua_module.so`;

export const nginx: Peer = {
  name: 'nginx',
  what: 'nginx, one worker, connections kept; chains over loopback',
  serves: ({ kind }) => kind !== 'realistic',
  install: async (ground) => installDebian(['nginx'], [program], ground),
  start: (workload, ground) => start(workload, ground, plainLocations(workload), ''),
};

export const nginxLua: Peer = {
  name: 'nginx-lua',
  what: 'nginx, one worker; chains in memory by ngx.location.capture in Lua',
  serves: ({ kind }) => kind === 'chain',
  install: async (ground) =>
    installDebian(['nginx', 'libnginx-mod-http-lua'], [program, luaModule, `${modules}/ndk_http_module.so`], ground),
  start: (workload, ground) =>
    start(
      workload,
      ground,
      luaLocations(workload),
      `load_module ${modules}/ndk_http_module.so;\nload_module ${luaModule};`,
    ),
};

async function start(workload: Workload, ground: Ground, locations: string, modulesToLoad: string): Promise<Running> {
  const port = await freePort();
  const folder = mkdtempSync(join(ground.folder, 'nginx-'));
  for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) mkdirSync(join(folder, name));
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, port, ground.backendPort, locations, modulesToLoad));
  return startServer({
    command: [program, '-e', join(folder, 'error.log'), '-p', folder, '-c', file],
    port,
    cpu: ground.serverCpu,
    path: probePath(workload),
  });
}

function configuration(folder: string, port: number, backendPort: number, locations: string, load: string): string {
  return `${load}
user root;
daemon off;
worker_processes 1;
pid ${folder}/pid;
error_log ${folder}/error.log warn;
events { worker_connections 8192; }
http {
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 300s;
  client_max_body_size 64m;
  client_body_buffer_size 2m;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  default_type application/json;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_request_buffering off;
  proxy_max_temp_file_size 0;
  upstream backend { server 127.0.0.1:${backendPort}; keepalive 1024; keepalive_requests 100000000; }
  upstream self { server 127.0.0.1:${port}; keepalive 1024; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
${locations}
  }
}
`;
}

const answer = `return 200 '${answerBody}';`;

function plainLocations(workload: Workload): string {
  if (workload.kind === 'static') return `location /bench/ { ${answer} }`;
  if (workload.kind !== 'chain') return 'location /bench/ { proxy_pass http://backend/; }';
  const end = workload.end === 'static' ? answer : 'proxy_pass http://backend/;';
  return eachHop(workload.depth, (hop) => {
    const action = hop === 1 ? end : `proxy_pass http://self/hop-${hop - 1}/;`;
    return `location /hop-${hop}/ { add_header X-Hop-${hop} hop-${hop}; ${action} }`;
  });
}

/** The end of a chain with a backend is one more subrequest, which passes the request on. */
function luaLocations(workload: Workload): string {
  if (workload.kind !== 'chain') return '';
  const hops = eachHop(workload.depth, (hop) => {
    const header = `ngx.header["X-Hop-${hop}"] = "hop-${hop}"`;
    const isEnd = hop === 1 && workload.end === 'static';
    const next = hop === 1 ? '/backend' : `/hop-${hop - 1}`;
    const body = isEnd
      ? `${header} ngx.header["Content-Length"] = ${answerBody.length} ngx.print('${answerBody}')`
      : `local answer = ngx.location.capture("${next}" .. ngx.var.uri:sub(${`/hop-${hop}`.length + 1}), { args = ngx.var.args })
      for name, value in pairs(answer.header) do ngx.header[name] = value end
      ngx.status = answer.status
      ${header}
      ngx.print(answer.body)`;
    return `location /hop-${hop}/ { content_by_lua_block {\n      ${body}\n    } }`;
  });
  return `${hops}\n    location /backend/ { internal; proxy_pass http://backend/; }`;
}

function eachHop(depth: number, location: (hop: number) => string): string {
  return Array.from({ length: depth }, (_, index) => `    ${location(index + 1)}`).join('\n');
}
