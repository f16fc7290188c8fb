/** An element to be written. Text content is written as it is meant: it gets escaped. */
export interface Xml {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly content: string | readonly Xml[];
}

export function xml(
  name: string,
  content: string | readonly (Xml | undefined)[] = [],
  attributes: Readonly<Record<string, string>> = {},
): Xml {
  const kept = typeof content === 'string' ? content : content.filter((one) => one !== undefined);
  return { name, attributes, content: kept };
}

export function xmlText(root: Xml): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${written(root, '')}`;
}

function written({ name, attributes, content }: Xml, indent: string): string {
  const list = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escaped(value).replaceAll('"', '&quot;')}"`,
  );
  const start = `${indent}<${name}${list.join('')}`;
  if (content.length === 0) return `${start}/>\n`;
  if (typeof content === 'string') return `${start}>${escaped(content)}</${name}>\n`;
  return `${start}>\n${content.map((child) => written(child, `${indent}  `)).join('')}${indent}</${name}>\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
