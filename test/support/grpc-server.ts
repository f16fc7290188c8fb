import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { bundleTree } from './bundle-tree.ts';

/** The service as its owners write it, as far as the tests use it: a second opinion on the numbers of the fields. */
const proto = `
syntax = "proto3";
package apigee;
service ExternalCalloutService { rpc ProcessMessage(MessageContext) returns (MessageContext) {} }
message MessageContext {
  Request request = 1;
  Response response = 2;
  Error error = 3;
  Fault fault = 5;
  ApiProxy api_proxy = 6;
  Client client = 7;
  string message_id = 9;
  string organization_name = 10;
  string environment_name = 11;
  Proxy proxy = 12;
  Target target = 14;
  map<string, FlowVariable> additional_flow_variables = 15;
}
message Request {
  string uri = 1;
  string verb = 2;
  string http_version = 3;
  map<string, Strings> headers = 4;
  map<string, Strings> form_params = 5;
  map<string, Strings> query_params = 6;
  string content = 7;
}
message Response { int32 status_code = 1; string reason_phrase = 2; map<string, Strings> headers = 3; string content = 4; }
message Error { string message = 1; Response response = 2; }
message Fault { string name = 1; string fault_string = 4; }
message ApiProxy { string name = 1; string revision = 2; }
message Client { string ip = 5; int32 port = 9; string scheme = 10; bool ssl_enabled = 12; }
message Proxy { string endpoint_name = 1; string base_path = 3; string path_suffix = 4; }
message Target { bool copy_path_suffix = 2; string name = 11; string url = 18; }
message Strings { repeated string strings = 1; }
message FlowVariable { oneof value { int32 int32 = 1; int64 int64 = 2; string string = 3; bool bool = 4; double double = 5; } }
`;

/** A context, loosely: tests read and write single members. */
export interface Context {
  request?: Loose;
  response?: Loose;
  error?: { message: string; response: Loose };
  fault?: { name: string; fault_string?: string };
  target?: Record<string, unknown>;
  additional_flow_variables?: Record<string, Record<string, unknown>>;
  [more: string]: unknown;
}

export interface Loose {
  headers?: Record<string, { strings?: string[] }>;
  query_params?: Record<string, { strings?: string[] }>;
  form_params?: Record<string, { strings?: string[] }>;
  content?: string;
  [more: string]: unknown;
}

export interface GrpcServer {
  readonly port: number;
  /** The calls so far: what was sent, and the header fields. */
  readonly calls: { readonly context: Context; readonly metadata: Readonly<Record<string, unknown>> }[];
  /** What to do with the next calls: change the context, throw a status, or never answer. */
  answer: (context: Context) => Context | undefined;
  close(): void;
}

/** A server of the service on a free port. With a key and certificate it speaks TLS. */
export async function startGrpcServer(tls?: { readonly key: string; readonly cert: string }): Promise<GrpcServer> {
  const file = join(await bundleTree(), 'external_callout.proto');
  writeFileSync(file, proto);
  const loaded = loadPackageDefinition(loadSync(file, { keepCase: true, longs: Number, oneofs: true }));
  const { apigee } = loaded as unknown as {
    apigee: { ExternalCalloutService: { service: Parameters<Server['addService']>[0] } };
  };
  const made: { -readonly [K in keyof GrpcServer]: GrpcServer[K] } = {
    port: 0,
    calls: [],
    answer: (context) => context,
    close: () => server.forceShutdown(),
  };
  const server = new Server();
  server.addService(apigee.ExternalCalloutService.service, {
    ProcessMessage: (call: ServerUnaryCall<Context, Context>, done: sendUnaryData<Context>) => {
      made.calls.push({ context: structuredClone(call.request), metadata: call.metadata.getMap() });
      try {
        const answer = made.answer(call.request);
        if (answer !== undefined) done(null, answer);
      } catch (error) {
        done(error as Error);
      }
    },
  });
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [{ private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) }]);
  made.port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error === null ? resolve(port) : reject(error)));
  });
  return made;
}
