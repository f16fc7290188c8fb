import { createHash, type X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * What TLS tells of a client, by flow variable name. Apigee: flow variables reference, `tls.*` and `client.cn` and the
 * like; forms of names, numbers and fingerprints are those of nginx, which the platform has them from.
 */
export function tlsVariables(socket: Socket): ReadonlyMap<string, string> | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const variables = new Map<string, string>();
  const add = (name: string, value: string | null | undefined): void => {
    if (value !== undefined && value !== null && value !== '') variables.set(name, value);
  };
  add('tls.cipher', socket.getCipher()?.name);
  add('tls.protocol', socket.getProtocol());
  // Types know nothing of it: the name the client asked for (SNI), or false.
  const { servername } = socket as { servername?: string | false };
  add('tls.server.name', servername === false ? undefined : servername);
  const session = socket.getSession();
  if (session !== undefined) add('tls.session.id', createHash('sha256').update(session).digest('hex'));
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  if (certificate !== undefined) addCertificate(certificate, add);
  return variables;
}

const subjectNames: ReadonlyMap<string, string> = new Map([
  ['CN', 'client.cn'],
  ['C', 'client.country'],
  ['emailAddress', 'client.email.address'],
  ['L', 'client.locality'],
  ['O', 'client.organization'],
  ['OU', 'client.organization.unit'],
  ['ST', 'client.state'],
]);

function addCertificate(certificate: X509Certificate, add: (name: string, value: string | undefined) => void): void {
  const parts = certificate.subject.split('\n');
  for (const [key, name] of subjectNames) {
    const values = parts.filter((part) => part.startsWith(`${key}=`)).map((part) => part.slice(key.length + 1));
    add(name, values.join(','));
  }
  add('tls.client.s.dn', distinguishedName(certificate.subject));
  add('tls.client.i.dn', distinguishedName(certificate.issuer));
  add('tls.client.raw.cert', certificate.toString());
  add('tls.client.cert.serial', certificate.serialNumber);
  add('tls.client.cert.fingerprint', certificate.fingerprint.replaceAll(':', '').toLowerCase());
}

/** RFC 2253: the most specific part first. */
function distinguishedName(lines: string): string {
  return lines.split('\n').reverse().join(',');
}
