import type { Bundle, Named } from '../bundle/bundle.ts';
import type { Environment } from '../bundle/environment.ts';
import type { CalloutConnection, SSLInfoConfig, TargetEndpointConfig } from '../bundle/target.ts';
import type { Diagnostics, Place } from '../diagnostic.ts';
import type { Template } from '../language/template.ts';
import type { GoogleServices } from '../policies/google-services.ts';
import type { GoogleTokens } from '../policies/google-tokens.ts';
import type { GrpcConnection } from '../policies/grpc-connection.ts';
import type { LogFile, LogRotation, SyslogConnection } from '../policies/log-output.ts';
import type { Callout, TemplateRequest } from '../policies/policy.ts';
import type { ScriptSource } from '../script/engine.ts';
import type { Target } from './target.ts';

/** What the compiler of a connection may ask for. */
export interface ConnectionCompiler {
  readonly environment: Environment;
  readonly diagnostics: Diagnostics;
  /** The bundle that is compiled. */
  readonly bundle?: Pick<Bundle, 'name' | 'resources'>;
  template(text: string, at: Place, options?: TemplateRequest): Template;
}

/** Makes connections: flow knows that there are some, target knows how they work. */
export interface Connections {
  /** The connection of a TargetEndpoint; undefined when it has none that could be compiled (reported). */
  target(endpoint: Named<TargetEndpointConfig>, compiler: ConnectionCompiler): Target | undefined;
  /** The connection of a RouteRule's URL. */
  url(url: string, at: Place, compiler: ConnectionCompiler): Target;
  callout(policy: string, connection: CalloutConnection, at: Place, compiler: ConnectionCompiler): Callout | undefined;
  /** A gRPC server, by the name of its target server. */
  grpc(server: string, compiler: ConnectionCompiler): GrpcConnection;
  /** A way to syslog servers; mistakes in its TLS settings are reported. */
  syslog(protocol: 'TCP' | 'UDP', tls: SSLInfoConfig | undefined, compiler: ConnectionCompiler): SyslogConnection;
  /** A log file, opened with its first line. */
  logFile(path: string, rotation: LogRotation): LogFile;
  /** Tokens for calls of Google's services, and of what is protected like them. */
  readonly googleTokens: GoogleTokens;
  readonly googleServices: GoogleServices;
  /** Pub/Sub, at Google or where an emulator of it is. */
  readonly pubsub: GoogleServices;
  /** Sends what a script's `httpClient` asks for. */
  readonly httpClient: ScriptSource['send'];
}
