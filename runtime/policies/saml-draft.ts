import { randomUUID } from 'node:crypto';
import { TransformationFailure } from '../language/xslt/failure.ts';
import { escapeText } from '../language/xslt/output-text.ts';
import { readTree, type TreeNode } from '../xml/tree.ts';
import { isAssertion } from './saml-assertion.ts';
import { xmlText } from './saml-signature.ts';

/** Assertions that are about to be signed. */

const saml2 = 'urn:oasis:names:tc:SAML:2.0:assertion';

/** Without a template: who says it, when, and about whom. SAML 2.0 core, section 2.3.3. */
export function plainAssertion(issuer: string, subject: string | undefined): string {
  const now = new Date().toISOString();
  const about =
    subject === undefined ? '' : `<saml:Subject><saml:NameID>${escapeText(subject)}</saml:NameID></saml:Subject>`;
  return (
    `<saml:Assertion xmlns:saml="${saml2}" ID="${newId()}" Version="2.0" IssueInstant="${now}">` +
    `<saml:Issuer>${escapeText(issuer)}</saml:Issuer>${about}</saml:Assertion>`
  );
}

/** XML names do not begin with a digit. */
function newId(): string {
  return `_${randomUUID()}`;
}

export interface ReadyAssertion {
  readonly xml: string;
  readonly idAttribute: 'ID' | 'AssertionID';
  /** Where the schema wants the signature, as an XPath. */
  readonly after: string | undefined;
}

/**
 * Checks an assertion, and gives it an ID when it has none.
 * @throws XmlRefused, TransformationFailure
 */
export function readyToSign(text: string): ReadyAssertion {
  const document = readTree(text.trim(), { next: 0 });
  const root = document.children.find(({ kind }) => kind === 'element');
  if (root === undefined || !isAssertion(root)) throw new TransformationFailure('The template makes no SAML assertion');
  const isSaml2 = root.uri === saml2;
  const idAttribute = isSaml2 ? 'ID' : 'AssertionID';
  if (!root.attributes.some(({ local, uri }) => local === idAttribute && uri === '')) {
    root.attributes.push(idOf(root, idAttribute));
  }
  if (root.children.some(({ local, kind }) => kind === 'element' && local === 'Signature')) {
    throw new TransformationFailure('The template has a signature already');
  }
  const hasIssuer = isSaml2 && root.children.some(({ local, uri }) => local === 'Issuer' && uri === saml2);
  return { xml: xmlText(root), idAttribute, after: hasIssuer ? "/*/*[local-name(.)='Issuer']" : undefined };
}

function idOf(parent: TreeNode, local: string): TreeNode {
  return {
    ...parent,
    kind: 'attribute',
    parent,
    prefix: '',
    local,
    uri: '',
    value: newId(),
    children: [],
    attributes: [],
  };
}
