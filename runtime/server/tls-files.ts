import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Log } from '../log.ts';
import { CommandFailure, type TlsSettings } from '../settings.ts';
import type { DoorTls } from './front-door.ts';

/** Milliseconds between two looks at the files. They are asked for, not watched: links to them are replaced as well. */
const lookInterval = 2_000;

export interface TlsFiles extends DoorTls {
  close(): void;
}

/**
 * The certificate and key of the traffic port, read anew when a file changes; connections that are there keep theirs.
 * Files that do not belong together, as in the middle of a change, leave what was there in force.
 * @throws CommandFailure when they cannot be used at the start
 */
export function openTlsFiles(settings: TlsSettings, log: Log, interval: number = lookInterval): TlsFiles {
  const paths = [settings.cert, settings.key, ...(settings.ca === undefined ? [] : [settings.ca])];
  const listeners: ((context: SecureContextOptions) => void)[] = [];
  let current: SecureContextOptions;
  try {
    current = read(settings);
  } catch (error) {
    throw new CommandFailure(`--tls-cert and --tls-key cannot be used: ${(error as Error).message}`);
  }
  const change = (): void => {
    try {
      const next = read(settings);
      if (same(current, next)) return;
      current = next;
      for (const listener of listeners) listener(next);
      log.info({}, 'TLS certificate reloaded');
    } catch (error) {
      log.warn({ error: (error as Error).message }, 'TLS files changed and cannot be used: the certificate stays');
    }
  };
  for (const path of paths) watchFile(path, { interval, persistent: false }, change);
  return {
    clientCertificate: settings.ca === undefined ? 'none' : settings.client,
    context: () => current,
    onChange: (changed) => {
      listeners.push(changed);
    },
    close: () => {
      for (const path of paths) unwatchFile(path, change);
    },
  };
}

/** @throws Error when a file is not there, or they do not fit one another */
function read({ cert, key, ca }: TlsSettings): SecureContextOptions {
  const context: SecureContextOptions = {
    cert: readFileSync(cert),
    key: readFileSync(key),
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
  };
  createSecureContext(context);
  return context;
}

function same(one: SecureContextOptions, other: SecureContextOptions): boolean {
  return (
    String(one.cert) === String(other.cert) &&
    String(one.key) === String(other.key) &&
    String(one.ca) === String(other.ca)
  );
}
