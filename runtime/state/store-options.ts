import type { Log } from '../log.ts';
import type { EncryptionKeys } from './encryption.ts';

export interface StoreOptions {
  /** Told what fails behind the scenes. */
  readonly log?: Log | undefined;
  /** Milliseconds after which a shared store is asked for changes whose message was missed; 5 s when absent. */
  readonly pollMilliseconds?: number | undefined;
  /** What secrets are encrypted with; undefined: they lie there as they are. */
  readonly encryptionKeys?: EncryptionKeys | undefined;
}
