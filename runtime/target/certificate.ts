import type { PeerCertificate } from 'node:tls';

/** The name a target's certificate must carry, in place of the host that is called. Apigee: SSLInfo, CommonName. */
export interface ExpectedName {
  readonly value: string;
  /** `*` in the certificate's name stands for one label. Without it the names must be the same. */
  readonly wildcards: boolean;
}

/** Subject of a certificate by flow variable name; undefined for none. */
export function subjectVariables(certificate: PeerCertificate | undefined): ReadonlyMap<string, string> | undefined {
  const subject = certificate?.subject;
  if (subject === undefined) return undefined;
  const named: readonly (readonly [string, string | readonly string[] | undefined])[] = [
    ['target.cn', subject.CN],
    ['target.country', subject.C],
    ['target.locality', subject.L],
    ['target.organization', subject.O],
    ['target.organization.unit', subject.OU],
    ['target.state', subject.ST],
    ['target.email.address', new Map(Object.entries(subject)).get('emailAddress')],
  ];
  return new Map(
    named.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, [value].flat().join(',')]])),
  );
}

/** What is wrong with the names of a certificate; undefined when one of them is the expected one. */
export function checkName(expected: ExpectedName, certificate: PeerCertificate): Error | undefined {
  const alternatives = (certificate.subjectaltname ?? '')
    .split(', ')
    .filter((one) => one.startsWith('DNS:'))
    .map((one) => one.slice(4));
  const names = [certificate.subject?.CN ?? [], alternatives].flat();
  if (names.some((name) => isSame(name.toLowerCase(), expected.value.toLowerCase(), expected.wildcards))) {
    return undefined;
  }
  return Object.assign(new Error('The certificate of the target does not carry the expected name'), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  });
}

function isSame(name: string, expected: string, wildcards: boolean): boolean {
  if (name === expected) return true;
  if (!wildcards || !name.startsWith('*.')) return false;
  const dot = expected.indexOf('.');
  return dot > 0 && expected.slice(dot) === name.slice(1);
}
