import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { JsonObject } from '../bundle/environment.ts';
import type { Resource } from '../state/resources.ts';
import { type ApiAnswer, created, ok } from './answer.ts';
import type { ApiContext } from './context.ts';
import { ApiError, absent, invalid, taken } from './failure.ts';
import { aliasesOf, keyStoreApi } from './keystores.ts';
import type { Part } from './multipart.ts';
import { environmentName } from './places.ts';
import type { ApiRequest } from './request.ts';
import { missing } from './resource-routes.ts';
import type { Route } from './route.ts';

const path = `${keyStoreApi.path}/{keystore}/aliases`;
const one = `${path}/{alias}`;

/** Certificates and private keys of a key store. Apigee: environments.keystores.aliases. */
export const aliasRoutes: readonly Route[] = [
  {
    method: 'GET',
    path,
    summary: 'Names of the aliases',
    answers: { 200: 'Names' },
    run: (request, context) => ok(aliasesOf(storeOf(request, context)).map(({ alias }) => String(alias))),
  },
  {
    method: 'POST',
    path,
    summary: 'Adds an alias: parts certFile and, with it, keyFile and password, all PEM',
    query: { alias: 'its name', format: 'keycertfile' },
    body: 'multipart',
    answers: { 201: 'Alias' },
    run: add,
  },
  {
    method: 'GET',
    path: one,
    summary: 'What the certificate of an alias says',
    answers: { 200: 'Alias' },
    run: (request, context) => ok(aliasBody(aliasOf(request, context))),
  },
  {
    method: 'GET',
    path: `${one}/certificate`,
    summary: 'The certificate of an alias, PEM',
    answers: { 200: 'text' },
    run: (request, context) => {
      const bytes = Buffer.from(String(aliasOf(request, context).cert ?? ''));
      return { status: 200, bytes, contentType: 'text/plain' };
    },
  },
  {
    method: 'PUT',
    path: one,
    summary: 'Replaces the certificate of an alias, and its key when there is one in the body',
    body: 'multipart',
    answers: { 200: 'Alias' },
    run: replace,
  },
  {
    method: 'DELETE',
    path: one,
    summary: 'Deletes an alias',
    answers: { 200: 'Alias' },
    run: async (request, context) => {
      const gone = aliasOf(request, context);
      await write(request, context, (aliases) => aliases.filter(({ alias }) => alias !== gone.alias));
      return ok(aliasBody(gone));
    },
  },
];

function storeOf(request: ApiRequest, context: ApiContext): Resource {
  environmentName(request, context);
  const name = request.name('keystore');
  const store = context.deployments.resources.get('keystores', name);
  if (store === undefined) throw missing(keyStoreApi, name);
  return store;
}

function aliasOf(request: ApiRequest, context: ApiContext): JsonObject {
  const name = request.name('alias');
  const found = aliasesOf(storeOf(request, context)).find(({ alias }) => alias === name);
  if (found !== undefined) return found;
  throw absent('keymanagement.service.alias_doesnot_exist', `The key store has no alias "${name}".`);
}

async function write(
  request: ApiRequest,
  context: ApiContext,
  change: (aliases: readonly JsonObject[]) => readonly JsonObject[],
): Promise<void> {
  const store = storeOf(request, context);
  const aliases = change(aliasesOf(store));
  await context.deployments.changeResource('keystores', store.name, { ...store.value, name: store.name, aliases });
}

async function add(request: ApiRequest, context: ApiContext): Promise<ApiAnswer> {
  const store = storeOf(request, context);
  const format = request.query.get('format') ?? 'keycertfile';
  if (format !== 'keycertfile' && format !== 'pem') {
    const message = `The format "${format}" is not taken; send PEM with format=keycertfile.`;
    throw new ApiError(501, 'keymanagement.service.FormatNotSupported', message);
  }
  const alias = request.queryName('alias');
  if (aliasesOf(store).some((other) => other.alias === alias)) {
    throw taken('keymanagement.service.alias_already_exists', `The key store has an alias "${alias}" already.`);
  }
  const made = { alias, format: 'pem', ...(await readPair(request)) };
  await write(request, context, (aliases) => [...aliases, made]);
  return created(aliasBody(made));
}

async function replace(request: ApiRequest, context: ApiContext): Promise<ApiAnswer> {
  const before = aliasOf(request, context);
  const changed = { ...before, ...(await readPair(request)) };
  await write(request, context, (aliases) => aliases.map((one) => (one.alias === before.alias ? changed : one)));
  return ok(aliasBody(changed));
}

/** Certificate and key of a body, checked; a key with a password is kept without it, as the platform does. */
async function readPair(request: ApiRequest): Promise<{ cert: string; key?: string }> {
  if (!request.isMultipart) throw invalid('Send multipart/form-data with certFile, and keyFile for a private key.');
  const parts = await request.parts();
  const cert = textOf(parts, 'certFile');
  if (cert === undefined) throw invalid('The part "certFile" is missing.');
  const certificate = parsed('certFile', () => new X509Certificate(cert));
  const key = textOf(parts, 'keyFile');
  if (key === undefined) return { cert };
  const passphrase = textOf(parts, 'password');
  const privateKey = parsed('keyFile', () =>
    createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) }),
  );
  if (!certificate.checkPrivateKey(privateKey)) throw invalid('The private key does not belong to the certificate.');
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function textOf(parts: readonly Part[], name: string): string | undefined {
  return parts.find((part) => part.name === name)?.bytes.toString('utf8');
}

/** @throws ApiError 400 that does not quote what was sent */
function parsed<T>(part: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw invalid(`"${part}" cannot be read as PEM: ${error.message}.`);
  }
}

function aliasBody({ alias, cert, key }: JsonObject): object {
  const name = String(alias);
  const type = key === undefined ? 'CERT' : 'KEY_CERT';
  const text = String(cert ?? '');
  // Of a key store in files the certificate may be the name of a file.
  if (!text.includes('-----BEGIN')) return { alias: name, type };
  const certificate = new X509Certificate(text);
  return {
    alias: name,
    type,
    certsInfo: {
      certInfo: [
        {
          version: 3,
          subject: certificate.subject.replaceAll('\n', ', '),
          issuer: certificate.issuer.replaceAll('\n', ', '),
          serialNumber: certificate.serialNumber,
          validFrom: String(Date.parse(certificate.validFrom)),
          expiryDate: String(Date.parse(certificate.validTo)),
          isValid: Date.parse(certificate.validTo) > Date.now() ? 'Yes' : 'No',
          subjectAlternativeNames: certificate.subjectAltName?.split(', ') ?? [],
        },
      ],
    },
  };
}
