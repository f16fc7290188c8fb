import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { zipSync } from 'fflate';
import type { Files } from './bundle-tree.ts';
import { bundleTree, noTarget, proxy, proxyEndpoint } from './bundle-tree.ts';
import { type Answer, call, type Gateway, startGateway } from './gateway.ts';

/** The management port of a gateway, where every answer is held against the port's own OpenAPI document. */
export interface Management {
  readonly gateway: Gateway;
  readonly document: OpenApi;
  /** One request. A body that is no text or Buffer goes as JSON. */
  ask(ask: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Asked>;
}

export interface Asked {
  readonly status: number;
  readonly headers: Answer['headers'];
  readonly bytes: Buffer;
  /** Undefined when it is no JSON. */
  readonly json: unknown;
}

export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

export interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, object>>; readonly $ref?: string }>
  >;
}

/** A proxy that answers 200 without a target. */
export function plainProxy(name: string, basePath = `/${name}`): Files {
  return proxy(name, proxyEndpoint(basePath, noTarget));
}

/** Starts a gateway that serves the given bundles, or one named `first`. */
export async function startManagement(
  files: Files = plainProxy('first'),
  options: readonly string[] = [],
): Promise<Management> {
  const gateway = await startGateway(await bundleTree(files), options);
  return management(gateway);
}

/** Tests one after the other against one server, which holds what the ones before have done. */
export function managementSuite(
  name: string,
  { files, options }: { readonly files?: Files; readonly options?: readonly string[] },
  define: (it: (title: string, body: () => void | Promise<void>) => void, server: Management) => void,
): void {
  test(name, async (t) => {
    const server = await startManagement(files, options);
    const tests: (readonly [string, () => void | Promise<void>])[] = [];
    define((title, body) => tests.push([title, body]), server);
    for (const [title, body] of tests) await t.test(title, body);
  });
}

export async function management(gateway: Gateway): Promise<Management> {
  const text = (await call(gateway.managementPort, { path: '/v1/zerohop/openapi.json' })).text;
  const document = JSON.parse(text) as OpenApi;
  const schemas = new Schemas(document);
  const ask: Management['ask'] = async (line, body, headers = {}) => {
    const [method = 'GET', path = '/'] = line.split(' ');
    const answer = await call(gateway.managementPort, { method, path, ...contentOf(body, headers) });
    const json = /json/.test(answer.headers['content-type'] ?? '') ? (JSON.parse(answer.text) as unknown) : undefined;
    schemas.check(method, path, answer.status, json);
    return { status: answer.status, headers: answer.headers, bytes: answer.body, json };
  };
  return { gateway, document, ask };
}

function contentOf(body: unknown, headers: Readonly<Record<string, string>>) {
  if (body === undefined) return { headers };
  if (typeof body === 'string' || Buffer.isBuffer(body)) return { headers, body };
  return { headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** A zip of files; the part of every path before `below` is left out. */
export function zipOf(files: Files | Readonly<Record<string, Uint8Array>>, from = ''): Buffer {
  const entries = Object.entries(files).map(([path, content]): [string, Uint8Array] => [
    path.startsWith(from) ? path.slice(from.length) : path,
    typeof content === 'string' ? Buffer.from(content) : content,
  ]);
  return Buffer.from(zipSync(Object.fromEntries(entries)));
}

/** A multipart/form-data body with one file, as curl -F sends it. */
export function multipart(field: string, file: Buffer): { body: Buffer; headers: Record<string, string> } {
  const boundary = '------------------------d74496d66958873e';
  const head = `Content-Disposition: form-data; name="${field}"; filename="bundle.zip"\r\nContent-Type: application/octet-stream`;
  const body = Buffer.concat([
    Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`),
    file,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  return { body, headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` } };
}

/** Validators of the document's answers, compiled when they are first needed. */
class Schemas {
  readonly #document: OpenApi;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(document: OpenApi) {
    this.#document = document;
    this.#ajv.addSchema({ $id: 'openapi', ...document });
  }

  /** Fails when the operation is not in the document, or its answer is not as it says there. */
  check(method: string, target: string, status: number, json: unknown): void {
    const template = this.#templateOf(target);
    if (template === undefined) {
      assert.equal(status, 404, `${target} is not in the document, but answers ${status}`);
      this.#validate('#/components/schemas/Error', json, target);
      return;
    }
    const operation = this.#document.paths[template]?.[method.toLowerCase()];
    if (status >= 400 && operation?.responses[status] === undefined) {
      this.#validate('#/components/schemas/Error', json, target);
      return;
    }
    assert.ok(operation, `${method} ${template} is not in the document, but answers ${status}`);
    const response = operation.responses[status];
    assert.ok(response, `${method} ${template} answers ${status}, which its document does not say`);
    const isJson = response.content?.['application/json'] !== undefined;
    if (json === undefined || !isJson) {
      const others = Object.keys(response.content ?? {}).some((type) => type !== 'application/json');
      assert.ok(json === undefined && (!isJson || others), `${method} ${target} answers another type than it says`);
      return;
    }
    const pointer = [
      template,
      method.toLowerCase(),
      'responses',
      String(status),
      'content',
      'application/json',
      'schema',
    ];
    this.#validate(`#/paths/${pointer.map(escapePointer).join('/')}`, json, `${method} ${target}`);
  }

  #validate(pointer: string, json: unknown, what: string): void {
    let validate = this.#compiled.get(pointer);
    if (validate === undefined) {
      validate = this.#ajv.compile({ $ref: `openapi${pointer}` });
      this.#compiled.set(pointer, validate);
    }
    assert.ok(
      validate(json),
      `${what}: ${this.#ajv.errorsText(validate.errors)} in ${JSON.stringify(json)?.slice(0, 500)}`,
    );
  }

  #templateOf(target: string): string | undefined {
    const path = target
      .replace(/\?.*$/, '')
      .replace(/(.)\/$/, '$1')
      .replace(/^\/v1\/o\//, '/v1/organizations/')
      .replace(/^(\/v1\/organizations\/[^/]+)\/e\//, '$1/environments/');
    const matching = Object.keys(this.#document.paths).filter((template) => isMatch(template, path));
    // A literal segment beats a parameter.
    return matching.sort((one, other) => parameters(one) - parameters(other))[0];
  }
}

function isMatch(template: string, path: string): boolean {
  const wanted = template.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((segment, index) => /^\{\w+\}$/.test(segment) || segment === given[index])
  );
}

function parameters(template: string): number {
  return template.split('{').length;
}

function escapePointer(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}
