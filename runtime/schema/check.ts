import { detached } from '../detached.ts';
import { type Diagnostics, nearest, type Place, placeWithin } from '../diagnostic.ts';
import { elementsOf, textOf, textPlace, type XmlElement } from '../xml/element.ts';
import { innerPlace, innerXml } from '../xml/serialize.ts';
import type { ChildType, ElementType, RequiredValue, ValueType } from './declare.ts';

/** Codes under which an element that does not fit its declaration is reported. */
const codes = {
  unknownElement: 'ZH010',
  unknownAttribute: 'ZH011',
  missing: 'ZH012',
  badValue: 'ZH013',
  repeated: 'ZH014',
  strayText: 'ZH015',
} as const;

/**
 * Holds an element against its declaration and gives its configuration; every mistake is reported. What the platform
 * tolerates (unknown elements and attributes, stray text) is a warning. Undefined when the configuration would have a
 * hole: a required part is missing or a value does not fit.
 */
export function checkElement<C>(root: XmlElement, type: ElementType<C>, diagnostics: Diagnostics): C | undefined {
  const checker = new Checker(diagnostics);
  const config = checker.element(root, type);
  // The declaration's type parameter is by construction the type of what `element` builds from it.
  return checker.failed ? undefined : (config as C);
}

class Checker {
  readonly #diagnostics: Diagnostics;
  failed = false;

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
  }

  element(element: XmlElement, type: ElementType<unknown>): object | undefined {
    if (type.content === 'ignored') return { at: element.place };
    const text = this.#content(element, type);
    const config: Record<string, unknown> = { at: element.place, text, textAt: contentPlace(element, type) };
    this.#attributes(element, type, config);
    if (type.content !== 'markup') this.#children(element, type, config);
    return config;
  }

  #content(element: XmlElement, type: ElementType<unknown>): unknown {
    if (type.content === 'markup')
      return detached(elementsOf(element).length === 0 ? textOf(element) : innerXml(element));
    const raw = textOf(element);
    if (type.content === undefined || type.content === 'ignored') {
      const stray = raw.search(/\S/);
      if (stray !== -1) {
        const place = textPlace(element, stray, raw.trim().length);
        const message = `<${element.name}> holds child elements only; this text has no effect.`;
        this.#diagnostics.warning(
          codes.strayText,
          place,
          message,
          'Remove it, or put it into the child element it belongs to.',
        );
      }
      return undefined;
    }
    return this.#value(raw, type.content, textPlace(element, 0, raw.length), `<${element.name}>`);
  }

  #value(raw: string, type: ValueType<unknown>, place: Place, where: string): unknown {
    const text = type.keepsBlanks ? raw : raw.trim();
    if (text === '') return type.empty;
    const value = type.parse(detached(text));
    if (value === undefined) {
      this.failed = true;
      const shown = text.length > 60 ? `${text.slice(0, 57)}...` : text;
      const trimmed = narrow(place, raw, text);
      this.#diagnostics.error(
        codes.badValue,
        trimmed,
        `${where} is "${shown}", expected ${type.expects}.`,
        suggestion(text, type),
      );
    }
    return value;
  }

  #attributes(element: XmlElement, type: ElementType<unknown>, config: Record<string, unknown>): void {
    for (const [name, declared] of Object.entries(type.attributes)) {
      const attribute = element.attributes.find((one) => one.name === name);
      const valueType = declared.kind === 'requiredValue' ? declared.type : declared;
      const value =
        attribute === undefined
          ? undefined
          : this.#value(attribute.value, valueType, attribute.place, `Attribute ${name} of <${element.name}>`);
      config[name] = value === undefined || attribute === undefined ? undefined : { text: value, at: attribute.place };
      if (value === undefined || value === '') this.#absentAttribute(element, name, declared);
    }
    for (const attribute of element.attributes) {
      if (Object.hasOwn(type.attributes, attribute.name) || /^xml|:/.test(attribute.name)) continue;
      const message = `<${element.name}> has no attribute "${attribute.name}"; it has no effect.`;
      this.#diagnostics.warning(
        codes.unknownAttribute,
        attribute.place,
        message,
        didYouMean(attribute.name, Object.keys(type.attributes)),
      );
    }
  }

  #absentAttribute(element: XmlElement, name: string, declared: ValueType<unknown> | RequiredValue<unknown>): void {
    if (declared.kind !== 'requiredValue') return;
    this.failed = true;
    const message = `<${element.name}> needs the attribute "${name}" (${declared.type.expects}).`;
    this.#diagnostics.error(codes.missing, element.place, message, `Add ${name}="..." to <${element.name}>.`);
  }

  #children(element: XmlElement, type: ElementType<unknown>, config: Record<string, unknown>): void {
    const found = new Map<string, XmlElement[]>();
    for (const child of elementsOf(element)) {
      if (!Object.hasOwn(type.children, child.name)) {
        this.#unknownElement(element, child, type);
        continue;
      }
      const same = found.get(child.name);
      if (same === undefined) found.set(child.name, [child]);
      else same.push(child);
    }
    for (const [name, declared] of Object.entries(type.children)) {
      config[name] = this.#child(element, name, declared, found.get(name) ?? []);
    }
  }

  #child(parent: XmlElement, name: string, declared: ChildType, found: readonly XmlElement[]): unknown {
    if (declared.kind === 'many') {
      return found.map((one) => this.#one(one, declared.of)).filter((one) => one !== undefined);
    }
    const [first, second] = found;
    if (second !== undefined) {
      const message = `<${parent.name}> holds <${name}> more than once; only the first counts.`;
      this.#diagnostics.warning(codes.repeated, second.place, message, 'Keep one of them.');
    }
    const of = declared.kind === 'required' ? declared.of : declared;
    const config = first === undefined ? undefined : this.#one(first, of);
    if (config === undefined && declared.kind === 'required') {
      this.failed = true;
      const expects = of.kind === 'value' ? ` (${of.expects})` : '';
      const message =
        first === undefined ? `<${parent.name}> needs a child <${name}>${expects}.` : `<${name}> is empty${expects}.`;
      const hint =
        first === undefined ? `Add <${name}>...</${name}> below <${parent.name}>.` : `Give <${name}> a value.`;
      this.#diagnostics.error(codes.missing, (first ?? parent).place, message, hint);
    }
    return config;
  }

  #one(element: XmlElement, type: ElementType<unknown> | ValueType<unknown>): unknown {
    if (type.kind === 'element') return this.element(element, type);
    const raw = textOf(element);
    const place = textPlace(element, 0, raw.length);
    for (const child of elementsOf(element)) {
      const message = `<${element.name}> holds text only; the element <${child.name}> in it has no effect.`;
      this.#diagnostics.warning(codes.unknownElement, child.place, message);
    }
    const value = this.#value(raw, type, place, `<${element.name}>`);
    if (value === undefined) return undefined;
    const text = type.keepsBlanks ? raw : raw.trim();
    return { text: value, at: narrow(place, raw, text) };
  }

  #unknownElement(parent: XmlElement, child: XmlElement, type: ElementType<unknown>): void {
    const known = Object.keys(type.children);
    const message =
      known.length === 0
        ? `<${parent.name}> holds no child elements; <${child.name}> has no effect.`
        : `<${child.name}> is not known below <${parent.name}>; it has no effect.`;
    const hint = known.length === 0 ? undefined : (didYouMean(child.name, known) ?? `Known here: ${known.join(', ')}.`);
    this.#diagnostics.warning(codes.unknownElement, child.place, message, hint);
  }
}

/** Where an element's own text stands, blanks around it left out when they do not count. */
function contentPlace(element: XmlElement, type: ElementType<unknown>): Place {
  if (type.content === 'markup' && elementsOf(element).length > 0) return innerPlace(element);
  const raw = textOf(element);
  const place = textPlace(element, 0, raw.length);
  const blanksCount = type.content === 'markup' || (typeof type.content === 'object' && type.content.keepsBlanks);
  return blanksCount ? place : narrow(place, raw, raw.trim());
}

/** The place of `text` within the place of `raw`, blanks around it left out. */
function narrow(place: Place, raw: string, text: string): Place {
  const lead = text === '' || text.length === raw.length ? 0 : raw.length - raw.trimStart().length;
  return placeWithin(place, lead, Math.max(text.length, 1));
}

function didYouMean(name: string, known: readonly string[]): string | undefined {
  const [best] = nearest(name, known);
  return best === undefined ? undefined : `Did you mean "${best}"?`;
}

function suggestion(text: string, type: ValueType<unknown>): string | undefined {
  if (typeof type.xsd === 'string') return undefined;
  return didYouMean(text, type.xsd) ?? `Write one of ${type.xsd.join(', ')}.`;
}
