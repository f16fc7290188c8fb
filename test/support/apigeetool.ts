import { createRequire } from 'node:module';
import type { Gateway } from './gateway.ts';

/** One command of apigeetool, run in this process; it answers what the command line prints with --json. */
export type ApigeeTool = (command: string, options?: Readonly<Record<string, unknown>>) => Promise<unknown>;

type Commands = Readonly<Record<string, (options: Record<string, unknown>) => Promise<unknown>>>;

/** apigeetool, pointed at the management port of a gateway. @param credentials default: Basic, as most people use it */
export function apigeeTool(
  gateway: Gateway,
  credentials: Readonly<Record<string, string>> = { username: 'ada', password: 'any' },
): ApigeeTool {
  withoutProxy();
  const { getPromiseSDK } = createRequire(import.meta.url)('apigeetool') as { getPromiseSDK(): Commands };
  const commands = getPromiseSDK();
  return (command, options = {}) => {
    const run = commands[command];
    if (run === undefined) throw new Error(`apigeetool has no command ${command}`);
    const baseuri = `http://127.0.0.1:${gateway.managementPort}`;
    return run({ baseuri, organization: 'acme', ...credentials, ...options });
  };
}

/** The clients would send what is meant for this machine through a proxy that the environment names. */
export function withoutProxy(): void {
  for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY']) {
    delete process.env[name];
  }
}
