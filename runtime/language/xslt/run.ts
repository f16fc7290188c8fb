import type { NodeCounter, TreeNode } from '../../xml/tree.ts';
import { TransformationFailure } from './failure.ts';
import type { NodeSet, Value } from './values.ts';

/** What bounds a transformation: it holds up everything else while it runs. zerohop's choice. */
export interface TransformationLimits {
  readonly milliseconds: number;
  /** Nodes that are made. */
  readonly nodes: number;
  /** Characters of texts that are made, and of the result. */
  readonly characters: number;
  /** Templates that wait for one another. */
  readonly depth: number;
}

export const standardLimits: TransformationLimits = {
  milliseconds: 5_000,
  nodes: 2_000_000,
  characters: 32 * 1024 * 1024,
  depth: 2_000,
};

/** How often the clock is asked: a step may be the comparison of two long texts. */
const stepsBetweenLooks = 16;

/** The state of one transformation. */
export class Run {
  readonly source: TreeNode;
  readonly counter: NodeCounter;
  readonly limits: TransformationLimits;
  readonly parameters: ReadonlyMap<string, string>;
  /** Values of variables that belong to no template, by slot; computed when first asked for. */
  readonly globals: (Value | undefined)[] = [];
  /** Slots whose value is being computed. */
  readonly computing = new Set<number>();
  /** Nodes by value, by key and by document. */
  readonly keys = new Map<object, Map<TreeNode, Map<string, TreeNode[]>>>();
  depth = 0;
  readonly started = new Date();
  readonly #deadline: number;
  readonly #firstNode: number;
  readonly #namespaceNodes = new Map<TreeNode, NodeSet>();
  #stepsToLook = stepsBetweenLooks;
  #characters = 0;

  constructor(
    source: TreeNode,
    counter: NodeCounter,
    parameters: ReadonlyMap<string, string>,
    limits: TransformationLimits,
  ) {
    this.source = source;
    this.counter = counter;
    this.parameters = parameters;
    this.limits = limits;
    this.#deadline = performance.now() + limits.milliseconds;
    this.#firstNode = counter.next;
  }

  /** Some more steps were done. @throws TransformationFailure when there is no time left */
  tick(steps = 1): void {
    this.#stepsToLook -= steps;
    if (this.#stepsToLook > 0) return;
    this.#stepsToLook = stepsBetweenLooks;
    this.checkTime();
  }

  checkTime(): void {
    if (performance.now() <= this.#deadline) return;
    throw new TransformationFailure(`The style sheet runs longer than ${this.limits.milliseconds} ms`);
  }

  /** So many characters were made. */
  charge(characters: number): void {
    this.#characters += characters;
    if (this.#characters > this.limits.characters) {
      throw new TransformationFailure(`The style sheet makes more than ${this.limits.characters} characters`);
    }
  }

  /** A node was made. */
  countNode(): void {
    this.tick();
    if (this.counter.next - this.#firstNode > this.limits.nodes) {
      throw new TransformationFailure(`The style sheet makes more than ${this.limits.nodes} nodes`);
    }
  }

  enter(): void {
    if (++this.depth > this.limits.depth) {
      throw new TransformationFailure(`Templates call each other more than ${this.limits.depth} deep`);
    }
  }

  leave(): void {
    this.depth--;
  }

  /** The namespace nodes of an element: the same ones each time. */
  namespaceNodes(element: TreeNode, make: (element: TreeNode) => NodeSet): NodeSet {
    let nodes = this.#namespaceNodes.get(element);
    if (nodes === undefined) {
      nodes = make(element);
      this.#namespaceNodes.set(element, nodes);
    }
    return nodes;
  }
}
