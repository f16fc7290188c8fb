import type { Log } from '../log.ts';
import type { GoogleTokens } from '../policies/google-tokens.ts';
import { metadataTokens } from './google-metadata.ts';
import { serviceAccountTokens } from './google-service-account.ts';
import { standInTokens } from './google-stand-in.ts';
import { type GoogleTokenSource, KeptGoogleTokens, noGoogleTokens } from './google-tokens.ts';

/** Where a metadata server is on Google's own machines. */
const usualMetadata = 'http://metadata.google.internal';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The tokens that a setting names (`Settings.googleTokens`).
 * @param variables environment variables, as Google's own libraries read them
 * @throws CommandFailure when a file of credentials is of no use
 */
export function openGoogleTokens(setting: string, variables: Variables, log: Pick<Log, 'warn'>): GoogleTokens {
  const source = sourceOf(setting, variables, log);
  if (source === undefined) return noGoogleTokens;
  return new KeptGoogleTokens(source, ({ kind }, error) => log.warn({ kind, error: textOf(error) }, 'no Google token'));
}

function sourceOf(setting: string, variables: Variables, log: Pick<Log, 'warn'>): GoogleTokenSource | undefined {
  switch (setting) {
    case 'none':
      return undefined;
    case 'stand-in':
      return standInTokens(log);
    case 'metadata':
      return metadataTokens(named(variables) ?? usualMetadata);
    case 'environment':
      return ofEnvironment(variables);
    case 'environment-or-stand-in':
      return ofEnvironment(variables) ?? standInTokens(log);
    default:
      return metadataTokens(setting);
  }
}

/** Google Cloud: how Application Default Credentials works. */
function ofEnvironment(variables: Variables): GoogleTokenSource | undefined {
  const file = variables.GOOGLE_APPLICATION_CREDENTIALS ?? '';
  if (file !== '') return serviceAccountTokens(file);
  const host = named(variables);
  return host === undefined ? undefined : metadataTokens(host);
}

function named({ GCE_METADATA_HOST: host = '' }: Variables): string | undefined {
  return host === '' ? undefined : `http://${host}`;
}

/** The reason with those below it: undici says only "fetch failed" or the like on top. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
