/**
 * From the save of a file to the first answer that shows it, as a ratio of a full restart:
 * `node dist/bench/reload.js [--proxies 100] [--saves 100]`
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '../test/support/free-port.ts';
import { builtFile } from './process.ts';
import { quantile } from './statistics.ts';

const { values } = parseArgs({
  options: { proxies: { type: 'string', default: '100' }, saves: { type: 'string', default: '100' } },
});
const restarts = 5;
const deadlineMilliseconds = 60_000;

const folder = mkdtempSync(join(tmpdir(), 'zerohop-reload-'));
try {
  await measure(Number(values.proxies), Number(values.saves));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure(proxies: number, saves: number): Promise<void> {
  for (let index = 0; index < proxies; index++) writeProxy(`p${index}`);
  const [port, managementPort] = [await freePort(), await freePort()];
  const agent = new Agent({ keepAlive: true });
  const starts: number[] = [];
  let server: ChildProcess | undefined;
  for (let round = 0; round < restarts; round++) {
    if (server !== undefined) await stop(server);
    const began = performance.now();
    server = start(port, managementPort);
    await untilAnswer(agent, port, 'start');
    starts.push(performance.now() - began);
  }
  const times: number[] = [];
  for (let number = 0; number < saves; number++) {
    // Not in step with anything that happens at regular times.
    await pause(100 + Math.random() * 50);
    const began = performance.now();
    writeFileSync(policyFile('p0'), policy(`save ${number}`));
    await untilAnswer(agent, port, `save ${number}`);
    times.push(performance.now() - began);
  }
  if (server !== undefined) await stop(server);
  agent.destroy();
  const of = (list: readonly number[], share: number): number =>
    quantile(
      list.toSorted((one, other) => one - other),
      share,
    );
  const restart = of(starts, 0.5);
  const line = (name: string, value: number): string =>
    `${name.padEnd(24)}${value.toFixed(1).padStart(8)} ms  ${(value / restart).toFixed(3)} of a restart\n`;
  process.stdout.write(`${proxies} proxies, ${saves} saves\n`);
  process.stdout.write(line('save to served, p50', of(times, 0.5)));
  process.stdout.write(line('save to served, p99', of(times, 0.99)));
  process.stdout.write(line('restart, median', restart));
}

function writeProxy(name: string): void {
  write(`${name}/apiproxy/${name}.xml`, `<APIProxy name="${name}"/>`);
  write(
    `${name}/apiproxy/proxies/default.xml`,
    `<ProxyEndpoint name="default"><HTTPProxyConnection><BasePath>/${name}</BasePath></HTTPProxyConnection><PreFlow><Response><Step><Name>AM-Hello</Name></Step></Response></PreFlow><RouteRule name="none"/></ProxyEndpoint>`,
  );
  for (let index = 0; index < 8; index++) {
    const xml = `<AssignMessage name="AM-${index}"><Set><Headers><Header name="X-${index}">{request.verb}</Header></Headers></Set></AssignMessage>`;
    write(`${name}/apiproxy/policies/AM-${index}.xml`, xml);
  }
  writeFileSync(policyFile(name), policy('start'));
}

function policyFile(name: string): string {
  return join(folder, name, 'apiproxy', 'policies', 'AM-Hello.xml');
}

function policy(text: string): string {
  return `<AssignMessage name="AM-Hello"><Set><Payload contentType="text/plain">${text}</Payload></Set></AssignMessage>`;
}

function write(path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function start(port: number, managementPort: number): ChildProcess {
  const ports = ['--port', String(port), '--management-port', String(managementPort)];
  const args = [builtFile('../runtime/main.js'), 'dev', folder, ...ports, '--log-level', 'silent'];
  return spawn(process.execPath, args, { stdio: 'ignore' });
}

async function stop(server: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => server.once('close', resolve));
  server.kill();
  await ended;
}

async function untilAnswer(agent: Agent, port: number, text: string): Promise<void> {
  const deadline = performance.now() + deadlineMilliseconds;
  while ((await ask(agent, port)) !== text) {
    if (performance.now() > deadline) throw new Error(`"${text}" was never served`);
    await pause(1);
  }
}

function ask(agent: Agent, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get({ agent, port, host: '127.0.0.1', path: '/p0' }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.once('end', () => resolve(body));
    });
    request.once('error', () => resolve(undefined));
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
