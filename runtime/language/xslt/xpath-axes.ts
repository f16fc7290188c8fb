import { leafNode, type TreeNode } from '../../xml/tree.ts';
import type { Run } from './run.ts';
import type { Axis } from './xpath-parse.ts';

/** XPath 1.0 section 2.2: the nodes of an axis, nearest first, each handed to `visit`. */
export function walk(axis: Axis, node: TreeNode, run: Run, visit: (node: TreeNode) => void): void {
  switch (axis) {
    case 'child':
      for (const child of node.children) visit(child);
      return;
    case 'attribute':
      for (const attribute of node.attributes) visit(attribute);
      return;
    case 'self':
      visit(node);
      return;
    case 'parent':
      if (node.parent !== undefined) visit(node.parent);
      return;
    case 'descendant':
      descendants(node, run, visit);
      return;
    case 'descendant-or-self':
      visit(node);
      descendants(node, run, visit);
      return;
    case 'ancestor':
      for (let above = node.parent; above !== undefined; above = above.parent) visit(above);
      return;
    case 'ancestor-or-self':
      for (let above: TreeNode | undefined = node; above !== undefined; above = above.parent) visit(above);
      return;
    case 'following-sibling': {
      const siblings = siblingsOf(node);
      for (let at = node.index + 1; at < siblings.length; at++) visitAt(siblings, at, visit);
      return;
    }
    case 'preceding-sibling': {
      const siblings = siblingsOf(node);
      for (let at = Math.min(node.index, siblings.length) - 1; at >= 0; at--) visitAt(siblings, at, visit);
      return;
    }
    case 'following':
      following(node, run, visit);
      return;
    case 'preceding':
      preceding(node, run, visit);
      return;
    case 'namespace':
      if (node.kind === 'element') for (const one of run.namespaceNodes(node, makeNamespaces)) visit(one);
      return;
  }
}

/** Whether the axis runs against document order. */
export function isReverse(axis: Axis): boolean {
  return axis === 'ancestor' || axis === 'ancestor-or-self' || axis === 'preceding' || axis === 'preceding-sibling';
}

function siblingsOf(node: TreeNode): readonly TreeNode[] {
  if (node.kind === 'attribute' || node.kind === 'namespace') return [];
  return node.parent?.children ?? [];
}

function visitAt(nodes: readonly TreeNode[], at: number, visit: (node: TreeNode) => void): void {
  const node = nodes[at];
  if (node !== undefined) visit(node);
}

function descendants(node: TreeNode, run: Run, visit: (node: TreeNode) => void): void {
  for (const child of node.children) {
    run.tick();
    visit(child);
    if (child.children.length > 0) descendants(child, run, visit);
  }
}

function following(node: TreeNode, run: Run, visit: (node: TreeNode) => void): void {
  // What follows an attribute follows the start of its element. XPath 1.0 section 5: attributes come before children.
  if (node.kind === 'attribute' || node.kind === 'namespace') {
    if (node.parent !== undefined) descendants(node.parent, run, visit);
  }
  let at = node.kind === 'attribute' || node.kind === 'namespace' ? node.parent : node;
  for (; at !== undefined; at = at.parent) {
    const siblings = siblingsOf(at);
    for (let index = at.index + 1; index < siblings.length; index++) {
      visitAt(siblings, index, (sibling) => {
        visit(sibling);
        descendants(sibling, run, visit);
      });
    }
  }
}

function preceding(node: TreeNode, run: Run, visit: (node: TreeNode) => void): void {
  let at = node.kind === 'attribute' || node.kind === 'namespace' ? node.parent : node;
  for (; at !== undefined; at = at.parent) {
    const siblings = siblingsOf(at);
    for (let index = Math.min(at.index, siblings.length) - 1; index >= 0; index--) {
      visitAt(siblings, index, (sibling) => backwards(sibling, run, visit));
    }
  }
}

function backwards(node: TreeNode, run: Run, visit: (node: TreeNode) => void): void {
  run.tick();
  for (let at = node.children.length - 1; at >= 0; at--) {
    visitAt(node.children, at, (child) => backwards(child, run, visit));
  }
  visit(node);
}

/** Between an element and its attributes in document order. */
function makeNamespaces(element: TreeNode): TreeNode[] {
  return [...element.namespaces].map(([prefix, value], index) => ({
    ...leafNode({ next: 0 }, 'namespace', element, { prefix: '', local: prefix, uri: '' }, value),
    order: element.order + (index + 1) / 65_536,
  }));
}
