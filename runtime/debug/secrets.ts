import { hidden } from './secret-names.ts';

/** Shorter texts turn up everywhere by chance. */
const shortest = 5;
const tooCommon = /^(?:true|false|null|undefined|bearer|basic|\d{1,5})$/i;

/**
 * Values that were hidden somewhere in a chain: a key that a policy copies into another variable, a header or a payload is
 * hidden there too.
 */
export class Secrets {
  readonly #values = new Set<string>();

  learn(value: string): void {
    const text = value.trim();
    if (text === hidden) return;
    this.#add(text);
    const [, scheme = '', credentials = ''] = /^(\w+)\s+(\S+)$/.exec(text) ?? [];
    if (credentials !== '') this.#add(credentials);
    if (/^basic$/i.test(scheme)) this.#learnBasic(credentials);
  }

  /** Each value of a Cookie or Set-Cookie field. */
  learnCookie(field: string): void {
    this.learn(field);
    for (const [, value = ''] of field.matchAll(/(?:^|;\s*)[^=;\s]+=([^;]*)/g)) if (value.length > 7) this.#add(value);
  }

  /** The text without any of them. */
  scrub(text: string): string {
    let clean = text;
    for (const value of this.#values) if (clean.includes(value)) clean = clean.replaceAll(value, hidden);
    return clean;
  }

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  /** The longest first: one may be a part of another. */
  sort(): void {
    const sorted = [...this.#values].sort((one, other) => other.length - one.length);
    this.#values.clear();
    for (const value of sorted) this.#values.add(value);
  }

  #add(text: string): void {
    if (text.length < shortest || tooCommon.test(text)) return;
    this.#values.add(text);
    const forms = [JSON.stringify(text).slice(1, -1), encodeURIComponent(text.toWellFormed())];
    for (const form of forms) this.#values.add(form);
  }

  #learnBasic(credentials: string): void {
    const plain = Buffer.from(credentials, 'base64').toString('utf8');
    const colon = plain.indexOf(':');
    if (colon !== -1) this.#add(plain.slice(colon + 1));
  }
}
