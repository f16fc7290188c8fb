import type { Named } from '../bundle/bundle.ts';
import { emptyEnvironment } from '../bundle/environment.ts';
import type { CalloutConnection, TargetEndpointConfig } from '../bundle/target.ts';
import type { Place } from '../diagnostic.ts';
import type { ConnectionCompiler, Connections } from '../flow/connections.ts';
import type { Target } from '../flow/target.ts';
import type { Log } from '../log.ts';
import type { GoogleTokens } from '../policies/google-tokens.ts';
import type { Callout } from '../policies/policy.ts';
import { type ConnectionLimits, ConnectionPools } from './connection-pool.ts';
import { googleServices } from './google-services.ts';
import { noGoogleTokens } from './google-tokens.ts';
import { GrpcServers } from './grpc.ts';
import { HttpCallout } from './http-callout.ts';
import { compileHttpConnection, plainConnection, type Shared } from './http-connection.ts';
import { HttpTarget } from './http-target.ts';
import { LocalCallout } from './local-callout.ts';
import { compileLocalConnection, LocalTarget } from './local-target.ts';
import { LogFiles } from './log-file.ts';
import { sendForScript } from './script-client.ts';
import { compileScriptTarget } from './script-target.ts';
import { SyslogConnections } from './syslog.ts';
import { parseTargetUrl } from './target-url.ts';
import { UnsupportedTarget } from './unsupported-target.ts';

/** Connections that can be let go of. */
export interface OwnedConnections extends Connections {
  /** Closes idle connections now and the others after their requests. Health monitors end with their targets. */
  close(): void;
}

/** What some connections need. */
export interface ConnectionOptions {
  readonly googleTokens?: GoogleTokens;
  /** Where Google's services are, in place of Google's own hosts. */
  readonly googleEndpoint?: string | undefined;
  /** `HOST:PORT` of a Pub/Sub emulator. */
  readonly pubsubEmulator?: string | undefined;
  /** The log of Node.js applications in bundles; undefined: they are not run. */
  readonly scriptTargets?: Log | undefined;
  readonly limits?: ConnectionLimits;
}

/** Makes the connections of one server. All its targets share what they can: one pool per origin and TLS identity. */
export function createConnections(options: ConnectionOptions = {}): OwnedConnections {
  const { googleTokens = noGoogleTokens, googleEndpoint, pubsubEmulator, scriptTargets, limits } = options;
  const pools = new ConnectionPools(limits);
  const shared: Shared = { pools, googleTokens };
  const syslog = new SyslogConnections();
  const files = new LogFiles();
  const grpc = new GrpcServers();
  const toGoogle = plainConnection('', pools, emptyEnvironment(''));
  const services = googleServices(toGoogle, googleTokens, googleEndpoint);
  const forScripts = plainConnection('', pools, emptyEnvironment(''));
  return {
    target: (endpoint, compiler) => compileTarget(endpoint, shared, scriptTargets, compiler),
    url: (text, at, compiler) => compileUrl(text, at, pools, compiler),
    callout: (policy, connection, at, compiler) => compileCallout(policy, connection, at, shared, compiler),
    googleTokens,
    googleServices: services,
    // An emulator asks for no token, and should get none.
    pubsub:
      pubsubEmulator === undefined ? services : googleServices(toGoogle, noGoogleTokens, `http://${pubsubEmulator}`),
    httpClient: (exchange, request, url) => sendForScript(forScripts, exchange, request, url),
    grpc: (server, compiler) => grpc.connection(server, compiler),
    syslog: (protocol, tls, compiler) => syslog.compile(protocol, tls, compiler),
    logFile: (path, rotation) => files.open(path, rotation),
    close: () => {
      syslog.close();
      files.close();
      grpc.close();
      return pools.close();
    },
  };
}

/** What a TargetEndpoint may connect by; the first that it has counts. */
const connectionKinds = [
  'ScriptTarget',
  'HostedTarget',
  'HTTPTargetConnection',
  'HttpTargetConnection',
  'LocalTargetConnection',
] as const;

function compileTarget(
  endpoint: Named<TargetEndpointConfig>,
  shared: Shared,
  scriptTargets: Log | undefined,
  compiler: ConnectionCompiler,
): Target | undefined {
  const { name, config } = endpoint;
  const { diagnostics } = compiler;
  const present = connectionKinds.filter((kind) => config[kind] !== undefined);
  const [kind, second] = present;
  if (kind === undefined) {
    const hint = 'Add <HTTPTargetConnection> or <LocalTargetConnection>.';
    diagnostics.error('ZH037', endpoint.at, `TargetEndpoint "${name}" has no connection.`, hint);
    return undefined;
  }
  const runsCode = kind === 'ScriptTarget' || kind === 'HostedTarget';
  if (second !== undefined) {
    const message = `TargetEndpoint "${name}" has more than one connection: ${present.join(', ')}.`;
    const at = config[second]?.at ?? endpoint.at;
    // The console left its HTTPTargetConnection in place when a Node.js target was added: public bundles have both.
    if (runsCode) diagnostics.warning('ZH037', at, `${message} ${kind} counts.`, 'Remove the other.');
    else {
      diagnostics.error('ZH037', at, message, 'Keep one of them.');
      return undefined;
    }
  }
  const http = config.HTTPTargetConnection ?? config.HttpTargetConnection;
  if (http !== undefined && !runsCode) {
    const connection = compileHttpConnection(http, http.at, shared, compiler);
    return connection === undefined ? undefined : new HttpTarget(name, connection);
  }
  const local = config.LocalTargetConnection;
  if (local !== undefined && !runsCode) {
    const connection = compileLocalConnection(local, local.at, compiler);
    return connection === undefined ? undefined : new LocalTarget(name, connection);
  }
  if (config.ScriptTarget !== undefined && scriptTargets !== undefined) {
    const plain = plainConnection('', shared.pools, compiler.environment);
    return compileScriptTarget(name, config.ScriptTarget, plain, scriptTargets, compiler);
  }
  const own = 'Run the application as a server of its own, and call it with an HTTPTargetConnection';
  const hint = kind === 'ScriptTarget' ? `${own}, or serve with --allow-script-targets if you trust it.` : `${own}.`;
  diagnostics.warning(
    'ZH038',
    config[kind]?.at ?? endpoint.at,
    `${kind} is not run here: every call of it fails.`,
    hint,
  );
  return new UnsupportedTarget(name, `${kind} is not supported`);
}

function compileUrl(text: string, at: Place, pools: ConnectionPools, compiler: ConnectionCompiler): Target {
  if (parseTargetUrl(text) === undefined) {
    const hint = 'Write it as http://host/path or https://host:port/path.';
    const message = `"${text}" is not an http or https URL: every call of it fails.`;
    compiler.diagnostics.warning('ZH035', at, message, hint);
  }
  return new HttpTarget('', plainConnection(text, pools, compiler.environment));
}

function compileCallout(
  policy: string,
  { http, local }: CalloutConnection,
  at: Place,
  shared: Shared,
  compiler: ConnectionCompiler,
): Callout | undefined {
  if (http !== undefined) {
    if (http.HealthMonitor !== undefined) {
      const message = 'A HealthMonitor has no effect in a ServiceCallout.';
      compiler.diagnostics.warning(
        'ZH036',
        http.HealthMonitor.at,
        message,
        'A server that failed is tried again later.',
      );
    }
    const connection = compileHttpConnection({ ...http, HealthMonitor: undefined }, at, shared, compiler);
    return connection === undefined ? undefined : new HttpCallout(policy, connection);
  }
  if (local === undefined) return undefined;
  const connection = compileLocalConnection(local, at, compiler);
  return connection === undefined ? undefined : new LocalCallout(connection);
}
