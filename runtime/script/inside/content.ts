import type { Model, View } from './types.ts';
import type { valuesModel } from './values.ts';
import type { xmlModel } from './xml-view.ts';

/** A message's payload: a text where one is wanted, and its views. Apigee: JavaScript object model, `content` and `body`. */
export function contentModel(
  model: Model,
  { mapOf }: ReturnType<typeof valuesModel>,
  { xmlOf }: ReturnType<typeof xmlModel>,
) {
  const { host, current, harden } = model;
  const { parse, stringify } = JSON;
  const texts = String.prototype as unknown as Record<string, unknown>;

  /** Writes changed JSON views back. Called before anything looks at payloads from outside. */
  const flush = (): void => {
    for (const view of current.run.views) {
      const text = stringify(view.value);
      if (text === view.text) continue;
      view.text = text;
      host.setContent(view.message, text);
    }
  };

  /** The payload was replaced: its view is no longer live. */
  const forget = (message: number): void => {
    const { run } = current;
    if (run.views.length > 0) run.views = run.views.filter((view) => view.message !== message);
  };

  const textOf = (message: number): string => {
    if (current.run.views.length > 0) flush();
    return host.content(message);
  };

  const setText = (message: number, value: unknown): void => {
    forget(message);
    host.setContent(message, value === undefined || value === null ? '' : String(value));
  };

  const jsonOf = (message: number): unknown => {
    const { run } = current;
    const known = run.views.find((view) => view.message === message);
    if (known !== undefined) return known.value;
    const text = host.content(message);
    const empty = text.trim() === '';
    const value: unknown = empty ? {} : parse(text);
    if (value === null || typeof value !== 'object') return value;
    const view: View = { message, value, text: stringify(value) };
    run.views.push(view);
    return value;
  };

  const numbers = new WeakMap<object, number>();
  const numberOf = (content: object): number => numbers.get(content) as number;

  class Content {
    constructor(message: number) {
      numbers.set(this, message);
    }

    get asJSON(): unknown {
      return jsonOf(numberOf(this));
    }

    get asXML(): unknown {
      return xmlOf(textOf(numberOf(this)), () => host.xml(numberOf(this)));
    }

    get asForm(): object {
      return mapOf(numberOf(this), 'formParams');
    }

    get length(): number {
      return textOf(numberOf(this)).length;
    }

    toString(): string {
      return textOf(numberOf(this));
    }

    valueOf(): string {
      return textOf(numberOf(this));
    }

    toJSON(): string {
      return textOf(numberOf(this));
    }
  }
  for (const name of Object.getOwnPropertyNames(texts)) {
    if (name === 'length' || name in Content.prototype) continue;
    const method = texts[name];
    if (typeof method !== 'function') continue;
    Object.defineProperty(Content.prototype, name, {
      configurable: true,
      writable: true,
      value(this: object, ...given: unknown[]) {
        return method.apply(textOf(numberOf(this)), given);
      },
    });
  }
  harden(Content);
  return { Content, flush, forget, setText };
}
