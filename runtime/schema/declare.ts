import type { Place } from '../diagnostic.ts';
import { variable } from './values.ts';

/**
 * The kit in which every element of a bundle is declared once. From a declaration come the type of its configuration,
 * the checks with their diagnostics (`check.ts`) and its XSD (`xsd.ts`).
 */

/** What a text or an attribute may hold. `parse` answers undefined for a text that does not fit. */
export interface ValueType<T> {
  readonly kind: 'value';
  /** XSD simple type: a built-in (`xs:int`) or the names of an enumeration. */
  readonly xsd: string | readonly string[];
  /** Completes "expected ...". */
  readonly expects: string;
  /** Whether blanks around the text belong to it. */
  readonly keepsBlanks: boolean;
  /** The value of an element without text; undefined: such an element counts as absent. */
  readonly empty: T | undefined;
  parse(text: string): T | undefined;
}

/** A value with the place it was written at. */
export interface Leaf<T> {
  readonly text: T;
  readonly at: Place;
}

type Attributes = Readonly<Record<string, ValueType<unknown> | RequiredValue<unknown>>>;

export interface RequiredValue<T> {
  readonly kind: 'requiredValue';
  readonly type: ValueType<T>;
}

/** An element. `C` is the type of its configuration. */
export interface ElementType<C> {
  readonly kind: 'element';
  /** `markup`: child elements are taken as text. `ignored`: accepted, whatever is inside. */
  readonly content: ValueType<unknown> | 'markup' | 'ignored' | undefined;
  readonly attributes: Attributes;
  readonly children: Shape;
  /** Never set: carries the type. */
  readonly config?: C;
}

export interface ManyType<C> {
  readonly kind: 'many';
  readonly of: ElementType<C> | ValueType<unknown>;
  readonly config?: C;
}

export interface RequiredType<C> {
  readonly kind: 'required';
  readonly of: ElementType<C> | ValueType<unknown>;
  readonly config?: C;
}

export type ChildType = ValueType<unknown> | ElementType<unknown> | ManyType<unknown> | RequiredType<unknown>;
export type Shape = Readonly<Record<string, ChildType>>;

type AttributeConfig<A extends Attributes> = {
  readonly [K in keyof A]: A[K] extends RequiredValue<infer T>
    ? Leaf<T>
    : A[K] extends ValueType<infer T>
      ? Leaf<T> | undefined
      : never;
};

/** The configuration type of a shape: `many` gives arrays, `required` a value, everything else a value or undefined. */
export type Config<S extends Shape> = {
  readonly [K in keyof S]: S[K] extends ManyType<infer C>
    ? readonly C[]
    : S[K] extends RequiredType<infer C>
      ? C
      : S[K] extends ElementType<infer C>
        ? C | undefined
        : S[K] extends ValueType<infer T>
          ? Leaf<T> | undefined
          : never;
};

interface ElementOptions<T, A extends Attributes, S extends Shape> {
  readonly content?: ValueType<T>;
  readonly attributes?: A;
  readonly children?: S;
}

type NoAttributes = Record<never, never>;
type NoChildren = Record<never, never>;

/** What every element's configuration has; `text` is undefined when the element holds none, `textAt` is where it stands. */
export type ElementConfig<T, A extends Attributes, S extends Shape> = { readonly at: Place } & {
  readonly text: T | undefined;
  readonly textAt: Place;
} & AttributeConfig<A> &
  Config<S>;

/** The configuration type of a declared element. */
export type ConfigOf<E> = E extends ElementType<infer C> ? C : never;

/** An element with text, attributes, children, in any combination. Its name is the key it is declared under. */
export function element<T = never, A extends Attributes = NoAttributes, S extends Shape = NoChildren>(
  options: ElementOptions<T, A, S>,
): ElementType<ElementConfig<T, A, S>> {
  return {
    kind: 'element',
    content: options.content,
    attributes: options.attributes ?? {},
    children: options.children ?? {},
  };
}

/** An element whose inner markup is text: a Payload may be written as XML without escaping it. */
export function markup<A extends Attributes = NoAttributes>(
  attributes: A,
): ElementType<ElementConfig<string, A, NoChildren>> {
  return { kind: 'element', content: 'markup', attributes, children: {} };
}

/** Boilerplate that real bundles carry (empty Properties, FaultRules inside policies): accepted, nothing is read. */
export const ignored: ElementType<{ readonly at: Place }> = {
  kind: 'element',
  content: 'ignored',
  attributes: {},
  children: {},
};

/** A child that may stand several times; the configuration keeps their order. */
export function many<C>(of: ElementType<C>): ManyType<C>;
export function many<T>(of: ValueType<T>): ManyType<Leaf<T>>;
export function many(of: ElementType<unknown> | ValueType<unknown>): ManyType<unknown> {
  return { kind: 'many', of };
}

/** A child whose absence is an error. */
export function required<C>(of: ElementType<C>): RequiredType<C>;
export function required<T>(of: ValueType<T>): RequiredType<Leaf<T>>;
export function required(of: ElementType<unknown> | ValueType<unknown>): RequiredType<unknown> {
  return { kind: 'required', of };
}

/** An attribute whose absence is an error. */
export function requiredAttribute<T>(type: ValueType<T>): RequiredValue<T> {
  return { kind: 'requiredValue', type };
}

/** An element that holds a value or names a variable that does: `<Allow ref="v">5</Allow>`. */
export function valueOrRef<T>(
  type: ValueType<T>,
): ElementType<ElementConfig<T, { ref: ValueType<string> }, NoChildren>> {
  return element({ content: type, attributes: { ref: variable } });
}
