import { writeXml } from '../language/xslt/output-xml.ts';
import { standardLimits } from '../language/xslt/run.ts';
import { readTree, type TreeNode } from '../xml/tree.ts';
import { isAssertion } from './saml-assertion.ts';
import { allowed, type SamlEngine } from './saml-engine.ts';

/**
 * Which assertion of a message is signed. A message may hold other assertions beside, around and inside the signed one
 * ("signature wrapping"), so nothing of the message itself is believed: what counts is read from the canonical text that
 * the signature was found to cover.
 */

const signatureNamespace = 'http://www.w3.org/2000/09/xmldsig#';

/** An assertion that is not to be trusted. The message is the reason. */
export class AssertionRefused extends Error {
  override readonly name = 'AssertionRefused';
}

/**
 * The assertion as it was signed.
 * @param xml the whole message, of which `signed` and `assertion` are elements
 * @throws AssertionRefused
 */
export function signedAssertion(
  xml: string,
  signed: TreeNode,
  assertion: TreeNode,
  certificates: readonly string[],
  engine: SamlEngine,
): TreeNode {
  const id = idOf(signed);
  if (id === undefined || id === '') throw new AssertionRefused('the signed element has no ID');
  checkUnique(rootOf(signed), id);
  const signature = signatureOf(signed, id);
  const text = xmlText(signature);
  const canonical = firstOf(certificates, (one) => engine.verify(xml, text, one));
  if (canonical === undefined)
    throw new AssertionRefused('the signature is not valid for any certificate of the trust store');
  const root = readTree(canonical, { next: 0 }).children.find(({ kind }) => kind === 'element');
  const wanted = idOf(assertion);
  if (root === undefined || idOf(root) !== id) throw new AssertionRefused('the signature covers another element');
  const found = assertionsIn(root).filter((one) => idOf(one) === wanted);
  const [only] = found;
  if (only === undefined || found.length !== 1)
    throw new AssertionRefused('the signature does not cover the assertion');
  return only;
}

const plain = {
  method: 'xml',
  version: undefined,
  encoding: 'UTF-8',
  omitsDeclaration: true,
  standalone: undefined,
  publicId: undefined,
  systemId: undefined,
  cdataElements: new Set<string>(),
  indents: false,
  namesContentType: false,
} as const;

/** A document, or part of one, as text without a declaration. */
export function xmlText(node: TreeNode): string {
  const document: TreeNode = node.kind === 'document' ? node : { ...node, kind: 'document', children: [node] };
  return writeXml(document, plain, standardLimits.characters);
}

function firstOf<T, R>(list: readonly T[], find: (one: T) => R | undefined): R | undefined {
  for (const one of list) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

function rootOf(node: TreeNode): TreeNode {
  let root = node;
  while (root.parent !== undefined) root = root.parent;
  return root;
}

/** SAML 2.0 core, section 1.3.4; SAML 1.1; and what a SOAP message has. */
const idNames: ReadonlySet<string> = new Set(['ID', 'Id', 'id', 'AssertionID']);

export function idOf(element: TreeNode): string | undefined {
  return element.attributes.find(({ local }) => idNames.has(local))?.value;
}

/** Two elements of one ID: a signature of the one could be taken for one of the other. */
function checkUnique(root: TreeNode, id: string): void {
  let count = 0;
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.attributes.some((one) => one.value === id && idNames.has(one.local))) count++;
    for (const child of node.children) open.push(child);
  }
  if (count !== 1) throw new AssertionRefused(`the ID of the signed element stands ${count} times in the message`);
}

function assertionsIn(root: TreeNode): TreeNode[] {
  return [...(isAssertion(root) ? [root] : []), ...root.children.flatMap(assertionsIn)];
}

/** The signature of an element, when it is made of what it has to be made of. SAML 2.0 core, section 5.4. */
function signatureOf(signed: TreeNode, id: string): TreeNode {
  const signature = onlyChild(signed, 'Signature', 'the signed element');
  const parts = elementsOf(signature).map(({ local }) => local);
  if (parts.some((one) => !['SignedInfo', 'SignatureValue', 'KeyInfo'].includes(one))) {
    throw new AssertionRefused('the signature holds more than a signature of an assertion does');
  }
  const info = onlyChild(signature, 'SignedInfo', 'the signature');
  onlyChild(signature, 'SignatureValue', 'the signature');
  const reference = onlyChild(info, 'Reference', 'the signature');
  if (algorithmOf(reference, 'URI') !== `#${id}`) throw new AssertionRefused('the signature is of another element');
  const use = (element: TreeNode, kind: keyof typeof allowed): void => {
    const algorithm = algorithmOf(element, 'Algorithm');
    if (!allowed[kind].has(algorithm)) throw new AssertionRefused(`the algorithm "${algorithm}" is not accepted`);
  };
  use(onlyChild(info, 'CanonicalizationMethod', 'the signature'), 'canonicalization');
  use(onlyChild(info, 'SignatureMethod', 'the signature'), 'signature');
  use(onlyChild(reference, 'DigestMethod', 'the signature'), 'digest');
  const transforms = elementsOf(onlyChild(reference, 'Transforms', 'the signature'));
  if (transforms.length > 2) throw new AssertionRefused('the signature has too many transforms');
  for (const transform of transforms) use(transform, 'transform');
  return signature;
}

function elementsOf(parent: TreeNode): TreeNode[] {
  return parent.children.filter(({ kind }) => kind === 'element');
}

function onlyChild(parent: TreeNode, local: string, where: string): TreeNode {
  const found = elementsOf(parent).filter((one) => one.local === local && one.uri === signatureNamespace);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  throw new AssertionRefused(`${where} has ${found.length === 0 ? 'no' : 'more than one'} ${local}`);
}

function algorithmOf(element: TreeNode, name: string): string {
  return element.attributes.find(({ local, uri }) => local === name && uri === '')?.value ?? '';
}
