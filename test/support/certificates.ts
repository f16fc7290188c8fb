import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Identity {
  readonly key: string;
  readonly cert: string;
}

export interface Authority {
  readonly ca: string;
  /** A certificate for a subject such as `/CN=api.example/O=Org`, with alternative names such as `DNS:a,IP:127.0.0.1`. */
  issue(subject: string, alternatives?: string): Identity;
  close(): void;
}

/** A certificate authority for one test, made by the openssl command. */
export function createAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'zerohop-ca-'));
  const path = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { stdio: 'pipe' });
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    path('ca.key'),
    '-out',
    path('ca.pem'),
    '-days',
    '2',
    '-subj',
    '/CN=Test CA',
  );
  let count = 0;
  return {
    ca: readFileSync(path('ca.pem'), 'utf8'),
    issue: (subject, alternatives) => {
      const name = `leaf${++count}`;
      openssl('req', ...key, '-keyout', path(`${name}.key`), '-out', path(`${name}.csr`), '-subj', subject);
      writeFileSync(path(`${name}.ext`), alternatives === undefined ? '' : `subjectAltName=${alternatives}\n`);
      const signing = ['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial', '-days', '2'];
      const files = ['-in', path(`${name}.csr`), '-out', path(`${name}.pem`), '-extfile', path(`${name}.ext`)];
      openssl('x509', '-req', ...files, ...signing);
      return { key: readFileSync(path(`${name}.key`), 'utf8'), cert: readFileSync(path(`${name}.pem`), 'utf8') };
    },
    close: () => rmSync(folder, { recursive: true }),
  };
}
