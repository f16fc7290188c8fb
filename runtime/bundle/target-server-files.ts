import type { Diagnostics } from '../diagnostic.ts';
import type { TargetServer, TargetServerTls } from './environment.ts';
import { type JsonFields, listOf } from './json-fields.ts';
import type { JsonNode } from './json-source.ts';

const protocols = ['HTTP', 'HTTPS', 'HTTP2', 'GRPC', 'GRPC_TARGET', 'EXTERNAL_CALLOUT'] as const;

/** `targetservers.json` */
export function readTargetServers(root: JsonNode, diagnostics: Diagnostics): TargetServer[] {
  return listOf(root, 'targetServers', 'A target server', diagnostics).flatMap((fields) => {
    const name = fields.requiredText('name');
    const host = fields.requiredText('host');
    const sSLInfo = tlsOf(fields.object('sSLInfo') ?? fields.object('sslInfo'));
    const port = fields.integer('port', 1, 65535) ?? (sSLInfo?.enabled === true ? 443 : 80);
    if (host !== undefined && /[/\s]|:\/\//.test(host)) {
      fields.error('host', `"${host}" is no host name.`, 'Give the host alone, without scheme, port or path.');
    }
    const enabled = fields.boolean('enabled');
    const isEnabled = fields.boolean('isEnabled') ?? enabled ?? true;
    const protocol = fields.oneOf('protocol', protocols) ?? 'HTTP';
    fields.text('description');
    fields.reportMisspelt();
    return name === undefined || host === undefined ? [] : [{ name, host, port, isEnabled, protocol, sSLInfo }];
  });
}

function tlsOf(fields: JsonFields | undefined): TargetServerTls | undefined {
  if (fields === undefined) return undefined;
  const commonName = commonNameOf(fields);
  const keyStore = fields.text('keyStore') ?? fields.text('keystore');
  const trustStore = fields.text('trustStore') ?? fields.text('truststore');
  const tls = {
    enabled: fields.boolean('enabled') ?? false,
    clientAuthEnabled: fields.boolean('clientAuthEnabled') ?? false,
    keyStore: orUndefined(keyStore),
    keyAlias: orUndefined(fields.text('keyAlias')),
    trustStore: orUndefined(trustStore),
    ignoreValidationErrors: fields.boolean('ignoreValidationErrors') ?? false,
    protocols: fields.texts('protocols'),
    ciphers: fields.texts('ciphers'),
    commonName,
  };
  fields.reportMisspelt();
  return tls;
}

/** Written empty in many files; a plain string occurs as well. */
function commonNameOf(fields: JsonFields): TargetServerTls['commonName'] {
  if (fields.node('commonName')?.kind === 'scalar') {
    const value = fields.text('commonName') ?? '';
    return value === '' ? undefined : { value, wildcardMatch: false };
  }
  const commonName = fields.object('commonName');
  const value = commonName?.text('value') ?? '';
  return value === '' ? undefined : { value, wildcardMatch: commonName?.boolean('wildcardMatch') ?? false };
}

function orUndefined(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
