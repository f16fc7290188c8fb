/** The steps a JSON path is made of. Names are looked up among own properties only: keys of the data are just data. */
import { PatternError } from './pattern.ts';

/** What a step gives when there is nothing to select. */
export const missing: unique symbol = Symbol('missing');

export interface Step {
  /** The one value a definite step selects, or `missing`. Undefined for steps that may select several. */
  readonly one: ((node: unknown, root: unknown) => unknown) | undefined;
  /** Adds what the step selects from `node` to `found`. */
  each(node: unknown, root: unknown, found: unknown[]): void;
}

/** Whether a filter accepts a node. */
export type NodeTest = (node: unknown, root: unknown) => boolean;

/** More nodes than any sensible path finds in a payload of the size that is accepted. */
export const maximumNodes = 1_000_000;

export function isObject(node: unknown): node is Readonly<Record<string, unknown>> {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}

function property(node: unknown, name: string): unknown {
  return isObject(node) && Object.hasOwn(node, name) ? node[name] : missing;
}

function definite(one: (node: unknown, root: unknown) => unknown): Step {
  return {
    one,
    each(node, root, found) {
      const value = one(node, root);
      if (value !== missing) found.push(value);
    },
  };
}

export function nameStep(name: string): Step {
  return definite((node) => property(node, name));
}

/** Several names: at the end of a path they give one object, elsewhere each value by itself. */
export function namesStep(names: readonly string[], last: boolean): Step {
  if (last) {
    return definite((node) => {
      if (!isObject(node)) return missing;
      return Object.fromEntries(names.filter((name) => Object.hasOwn(node, name)).map((name) => [name, node[name]]));
    });
  }
  return {
    one: undefined,
    each(node, _root, found) {
      for (const name of names) {
        const value = property(node, name);
        if (value !== missing) found.push(value);
      }
    },
  };
}

function item(node: unknown, index: number): unknown {
  if (!Array.isArray(node)) return missing;
  const at = index < 0 ? node.length + index : index;
  return at >= 0 && at < node.length ? node[at] : missing;
}

export function indexStep(index: number): Step {
  return definite((node) => item(node, index));
}

export function indexesStep(indexes: readonly number[]): Step {
  return {
    one: undefined,
    each(node, _root, found) {
      for (const index of indexes) {
        const value = item(node, index);
        if (value !== missing) found.push(value);
      }
    },
  };
}

/** From `from` up to but not including `to`; negative numbers count from the end. */
export function sliceStep(from: number | undefined, to: number | undefined): Step {
  return {
    one: undefined,
    each(node, _root, found) {
      if (Array.isArray(node)) for (const value of node.slice(from, to)) found.push(value);
    },
  };
}

export const wildcardStep: Step = {
  one: undefined,
  each(node, _root, found) {
    if (Array.isArray(node)) for (const value of node) found.push(value);
    else if (isObject(node)) for (const name of Object.keys(node)) found.push(node[name]);
  },
};

/** Jayway: a filter selects among the items of an array, but takes or leaves an object as a whole. */
export function filterStep(test: NodeTest): Step {
  return {
    one: undefined,
    each(node, root, found) {
      if (Array.isArray(node)) {
        for (const value of node) if (test(value, root)) found.push(value);
      } else if (isObject(node) && test(node, root)) {
        found.push(node);
      }
    },
  };
}

/** `..` and a step: the step applied to the node and to everything below it, parents before their children. */
export function deepStep(step: Step, index: number): Step {
  return {
    one: undefined,
    each(node, root, found) {
      forEachBelow(node, (below) => {
        step.each(below, root, found);
        if (found.length > maximumNodes) throw new PatternError('The JSON path finds too many values', index);
      });
    },
  };
}

/** `..[?()]`: every object below, and every plain item of an array, that passes; each is seen once. */
export function deepFilterStep(test: NodeTest): Step {
  return {
    one: undefined,
    each(node, root, found) {
      forEachBelow(node, (below) => {
        if (isObject(below)) {
          if (test(below, root)) found.push(below);
        } else if (Array.isArray(below)) {
          for (const value of below) {
            if ((typeof value !== 'object' || value === null) && test(value, root)) found.push(value);
          }
        }
      });
    },
  };
}

/** Objects and arrays only: no step selects anything from other values. Iterates, so that depth is no concern. */
function forEachBelow(start: unknown, visit: (node: unknown) => void): void {
  const waiting: unknown[] = [start];
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (typeof node !== 'object' || node === null) continue;
    visit(node);
    const children: unknown[] = Array.isArray(node) ? node : Object.values(node);
    for (let index = children.length - 1; index >= 0; index--) waiting.push(children[index]);
  }
}
