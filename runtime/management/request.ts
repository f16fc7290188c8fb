import type { IncomingMessage } from 'node:http';
import { basicCredentials } from './access.ts';
import { type BodyLimits, readBody } from './body.ts';
import { ApiError, invalid } from './failure.ts';
import { readMultipart } from './multipart.ts';

/** Whose shapes the caller reads: those of Apigee X or of Apigee Edge, where one answer cannot serve both. */
export type Style = 'x' | 'edge';

/** A file that came in a body. */
export interface Upload {
  /** As the sender calls it, for messages. */
  readonly name: string | undefined;
  readonly bytes: Buffer;
}

export type JsonMembers = Readonly<Record<string, unknown>>;

/** What reads of a body are bounded by. Apigee: limits, 15 MB for a bundle; the rest is the envelope of multipart. */
export const bodySize = 16 * 1024 * 1024;

/** One request to the management port: what its path, query and body say. */
export class ApiRequest {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly style: Style;
  /** Who asks, for the log: the name of Basic authentication, if any. */
  readonly user: string | undefined;
  readonly address: string;
  readonly #message: IncomingMessage;
  readonly #params: ReadonlyMap<string, string>;
  readonly #beforeRead: () => void;
  readonly #limits: BodyLimits;
  #body: Promise<Buffer> | undefined;

  constructor(
    message: IncomingMessage,
    match: { readonly params: ReadonlyMap<string, string>; readonly isShort: boolean; readonly query: string },
    limits: BodyLimits,
    beforeRead: () => void,
  ) {
    const basic = basicCredentials(message.headers.authorization);
    this.method = message.method ?? 'GET';
    this.query = new URLSearchParams(match.query);
    this.style = match.isShort || basic !== undefined ? 'edge' : 'x';
    this.user = basic?.user;
    this.address = message.socket.remoteAddress ?? '';
    this.#message = message;
    this.#params = match.params;
    this.#limits = limits;
    this.#beforeRead = beforeRead;
  }

  /** A parameter of the path, which is a name: no separator and no step up in it. @throws ApiError 400 */
  name(parameter: string): string {
    return checkedName(this.#params.get(parameter) ?? '', parameter);
  }

  /** A parameter of the path that is a key: any text. */
  key(parameter: string): string {
    return this.#params.get(parameter) ?? '';
  }

  /** A name from the query. @throws ApiError 400 when it is not there or no name */
  queryName(parameter: string): string {
    const value = this.query.get(parameter);
    if (value === null || value === '') throw invalid(`The query parameter "${parameter}" is missing.`);
    return checkedName(value, parameter);
  }

  /** `true`, `yes` or an empty value count as true. */
  flag(parameter: string, absent = false): boolean {
    return /^(?:true|yes|)$/i.test(this.query.get(parameter) ?? String(absent));
  }

  get contentType(): string {
    return (this.#message.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  }

  get isMultipart(): boolean {
    return this.contentType === 'multipart/form-data';
  }

  /** A header field, by its name in lower case. */
  header(name: string): string | undefined {
    const value = this.#message.headers[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** Whether Accept names that type; a wildcard is not a wish for it. */
  accepts(type: string): boolean {
    return (this.#message.headers.accept ?? '').includes(type);
  }

  /** @throws ApiError 408, 413 */
  bytes(): Promise<Buffer> {
    this.#body ??= readBody(this.#message, this.#limits, this.#beforeRead);
    return this.#body;
  }

  /** The file of the body: the first part of a multipart body that holds one, else the body itself. */
  async upload(): Promise<Upload> {
    const bytes = await this.bytes();
    if (!this.isMultipart) {
      if (bytes.length === 0) throw invalid('The body is empty; send the file as it is, or as multipart/form-data.');
      return { name: undefined, bytes };
    }
    const parts = await this.parts();
    const file = parts.find((part) => part.fileName !== undefined) ?? parts[0];
    if (file === undefined) throw invalid('The multipart body has no part.');
    return { name: file.fileName, bytes: file.bytes };
  }

  async parts(): ReturnType<typeof readMultipart> {
    return readMultipart(await this.bytes(), this.#message.headers['content-type'] ?? '');
  }

  /** Members of a JSON object; none when there is no body. @throws ApiError 400, 415 */
  async json(): Promise<JsonMembers> {
    const bytes = await this.bytes();
    if (bytes.length === 0) return {};
    if (!/^application\/(?:[\w.+-]+\+)?json$/.test(this.contentType)) {
      throw new ApiError(415, 'request.UnsupportedMediaType', 'Send this as Content-Type: application/json.');
    }
    const value = parseJson(bytes.toString('utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalid('The body must be a JSON object.');
    }
    return value as JsonMembers;
  }

  /** Query and form fields together; a field wins. Edge's clients send either. */
  async options(): Promise<URLSearchParams> {
    const options = new URLSearchParams(this.query);
    if (this.contentType !== 'application/x-www-form-urlencoded') return options;
    for (const [name, value] of new URLSearchParams((await this.bytes()).toString('utf8'))) options.set(name, value);
    return options;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`The body is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/** Names of the platform: no path can be made of them. Apigee: naming of resources, 255 characters at most. */
export function checkedName(name: string, what: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.@%$# +~:-]{0,254}$/.test(name) || name.includes('..')) {
    throw invalid(`"${name.slice(0, 60)}" is no usable ${what}: letters, digits, and -_.@%$#+~: after the first.`);
  }
  return name;
}

/** A name that may have folders in it, as resource files do: no part leads up or starts at the top. */
export function checkedPath(path: string, what: string): string {
  for (const part of path.split('/')) checkedName(part, what);
  return path;
}
