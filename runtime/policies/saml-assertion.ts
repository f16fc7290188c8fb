import { nodeText } from '../language/xslt/values.ts';
import type { TreeNode } from '../xml/tree.ts';

/** What an assertion says. SAML 2.0 core and SAML 1.1 core. */

export const samlNamespaces: ReadonlySet<string> = new Set([
  'urn:oasis:names:tc:SAML:2.0:assertion',
  'urn:oasis:names:tc:SAML:1.0:assertion',
]);

/** zerohop's choice: how far clocks may differ. */
const skewMilliseconds = 60_000;

export function isAssertion(node: TreeNode): boolean {
  return node.kind === 'element' && node.local === 'Assertion' && samlNamespaces.has(node.uri);
}

/** Flow variables below `saml.`. Apigee: ValidateSAMLAssertion, flow variables; `audience` is zerohop's. */
export function assertionVariables(assertion: TreeNode): Record<string, string | undefined> {
  const statement = child(assertion, 'AuthnStatement') ?? child(assertion, 'AuthenticationStatement');
  const subject = child(assertion, 'Subject') ?? child(statement, 'Subject');
  const nameId = child(subject, 'NameID') ?? child(subject, 'NameIdentifier');
  const confirmation = child(subject, 'SubjectConfirmation');
  const data = child(confirmation, 'SubjectConfirmationData');
  const method = attribute(confirmation, 'Method') ?? textOf(child(confirmation, 'ConfirmationMethod'));
  const context = child(child(statement, 'AuthnContext'), 'AuthnContextClassRef');
  return {
    id: attribute(assertion, 'ID') ?? attribute(assertion, 'AssertionID'),
    issuer: textOf(child(assertion, 'Issuer')) ?? attribute(assertion, 'Issuer'),
    issueInstant: attribute(assertion, 'IssueInstant'),
    subject: textOf(nameId),
    subjectFormat: attribute(nameId, 'Format'),
    scmethod: method,
    scdaddress: attribute(data, 'Address'),
    scdinresponse: attribute(data, 'InResponseTo'),
    scdrcpt: attribute(data, 'Recipient'),
    authnSnooa: attribute(statement, 'SessionNotOnOrAfter'),
    authnContextClassRef: textOf(context) ?? attribute(statement, 'AuthenticationMethod'),
    authnInstant: attribute(statement, 'AuthnInstant') ?? attribute(statement, 'AuthenticationInstant'),
    authnSessionIndex: attribute(statement, 'SessionIndex'),
    audience: textOf(audienceOf(assertion)),
  };
}

function audienceOf(assertion: TreeNode): TreeNode | undefined {
  const conditions = child(assertion, 'Conditions');
  const restriction = child(conditions, 'AudienceRestriction') ?? child(conditions, 'AudienceRestrictionCondition');
  return child(restriction, 'Audience');
}

/** Why the assertion does not hold at a moment; undefined when it does. SAML 2.0 core, sections 2.4.1.2, 2.5.1 and 2.7.2. */
export function untimely(assertion: TreeNode, now: number): string | undefined {
  const subject = child(assertion, 'Subject');
  const bounded = [
    ...children(assertion, 'Conditions'),
    ...children(subject, 'SubjectConfirmation').flatMap((one) => children(one, 'SubjectConfirmationData')),
    ...children(assertion, 'AuthnStatement'),
  ];
  for (const one of bounded) {
    const from = momentOf(attribute(one, 'NotBefore'));
    const to = momentOf(attribute(one, 'NotOnOrAfter') ?? attribute(one, 'SessionNotOnOrAfter'));
    if (Number.isNaN(from) || Number.isNaN(to)) return 'a time in it is none';
    if (from !== undefined && now < from - skewMilliseconds) return 'it is not valid yet';
    if (to !== undefined && now >= to + skewMilliseconds) return 'it is no longer valid';
  }
  return undefined;
}

/** Milliseconds since 1970, NaN for what is no xs:dateTime; SAML 2.0 core, section 1.3.3: times are UTC. */
function momentOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/.test(text)) return Number.NaN;
  return Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`);
}

function children(parent: TreeNode | undefined, local: string): TreeNode[] {
  return (parent?.children ?? []).filter((one) => one.local === local && samlNamespaces.has(one.uri));
}

function child(parent: TreeNode | undefined, local: string): TreeNode | undefined {
  return children(parent, local)[0];
}

function attribute(element: TreeNode | undefined, local: string): string | undefined {
  return element?.attributes.find((one) => one.local === local && one.uri === '')?.value;
}

function textOf(element: TreeNode | undefined): string | undefined {
  return element === undefined ? undefined : nodeText(element).trim();
}
