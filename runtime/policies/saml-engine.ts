/** XML signatures of SAML assertions, by xml-crypto. Which parts of a message count as signed: saml-signature.ts. */

export interface SamlEngine {
  /** Signs the root element of a text, which has the attribute `idAttribute`. @throws Error for a key that is no RSA key */
  sign(xml: string, options: SigningOptions): string;
  /** The canonical text of the one element that a signature covers; undefined when it is not valid. Never throws. */
  verify(xml: string, signature: string, certificate: string): string | undefined;
}

export interface SigningOptions {
  /** PEM texts. */
  readonly key: string;
  readonly certificate: string;
  readonly algorithm: 'SHA1' | 'SHA256';
  readonly canonicalization: string;
  readonly idAttribute: 'ID' | 'AssertionID';
  /** The element that the signature follows, as an XPath; undefined: it comes last. */
  readonly after: string | undefined;
}

export const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';
export const inclusive = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
export const enveloped = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';

const signatures = {
  SHA1: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
  SHA256: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
} as const;
const digests = {
  SHA1: 'http://www.w3.org/2000/09/xmldsig#sha1',
  SHA256: 'http://www.w3.org/2001/04/xmlenc#sha256',
} as const;

/** Algorithms that a signature may use. Keys are RSA: there is none with a shared secret. zerohop's choice. */
export const allowed = {
  signature: new Set<string>([...Object.values(signatures), 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512']),
  digest: new Set<string>([...Object.values(digests), 'http://www.w3.org/2001/04/xmlenc#sha512']),
  canonicalization: new Set<string>([exclusive, inclusive]),
  transform: new Set<string>([enveloped, exclusive, inclusive]),
} as const;

/** Loads the library on first use. */
export async function loadSaml(): Promise<SamlEngine> {
  const { SignedXml } = await import('xml-crypto');
  return {
    sign(xml, { key, certificate, algorithm, canonicalization, idAttribute, after }) {
      const signer = new SignedXml({
        idAttribute,
        privateKey: key,
        publicCert: certificate,
        signatureAlgorithm: signatures[algorithm],
        canonicalizationAlgorithm: canonicalization === inclusive ? inclusive : exclusive,
      });
      const transforms = [enveloped, canonicalization === inclusive ? inclusive : exclusive] as const;
      signer.addReference({ xpath: '/*', transforms, digestAlgorithm: digests[algorithm] });
      const location =
        after === undefined
          ? ({ reference: '/*', action: 'append' } as const)
          : ({ reference: after, action: 'after' } as const);
      signer.computeSignature(xml, { prefix: 'ds', location });
      return signer.getSignedXml();
    },
    verify(xml, signature, certificate) {
      // The key is that of the trust store: what the message itself offers as a key proves nothing.
      const verifier = new SignedXml({
        idAttribute: 'AssertionID',
        publicCert: certificate,
        getCertFromKeyInfo: () => null,
      });
      try {
        verifier.loadSignature(signature);
        if (!verifier.checkSignature(xml)) return undefined;
      } catch {
        // The library says by an error what does not fit: it makes no difference here.
        return undefined;
      }
      const signed = verifier.getSignedReferences();
      return signed.length === 1 ? signed[0] : undefined;
    },
  };
}
