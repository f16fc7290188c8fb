import type { Model } from './types.ts';

/** Apigee: JavaScript object model, `crypto`. */
export function cryptoModel({ host, harden }: Model) {
  class Hash {
    readonly #algorithm: string;
    #text = '';

    constructor(algorithm: string) {
      this.#algorithm = algorithm;
    }

    update(text: unknown): void {
      this.#text += String(text);
    }

    digest(): string {
      return host.hash(this.#algorithm, this.#text, 'hex');
    }

    digest64(): string {
      return host.hash(this.#algorithm, this.#text, 'base64');
    }
  }

  const unsupported = (name: string) => () => {
    throw new Error(`crypto.${name} is not supported by zerohop`);
  };

  const crypto = {
    getMD5: () => new Hash('md5'),
    getSHA1: () => new Hash('sha1'),
    getSHA256: () => new Hash('sha256'),
    getSHA512: () => new Hash('sha512'),
    getHash(name: unknown) {
      const algorithm = String(name).replace('-', '').toLowerCase();
      if (!/^(md5|sha1|sha224|sha256|sha384|sha512)$/.test(algorithm))
        throw new Error(`No such hash algorithm: ${name}`);
      return new Hash(algorithm);
    },
    dateFormat(pattern: unknown, zone?: unknown, time?: unknown) {
      const moment = time === undefined || time === null || time === '' ? Date.now() : Number(time);
      return host.formatDate(
        String(pattern),
        zone === undefined || zone === null || zone === '' ? 'UTC' : String(zone),
        moment,
      );
    },
    wsSecRsaSign: unsupported('wsSecRsaSign'),
    wsSecRsaValidate: unsupported('wsSecRsaValidate'),
  };
  harden(Hash);
  harden(crypto);
  return crypto;
}
