import { nameKey, type StyleCompiler } from './style-compiler.ts';
import { attributeOf, type StyleElement } from './style-element.ts';

/** xsl:output. XSLT 1.0 section 16. */
export interface OutputProperties {
  /** Undefined: html when the result's root is an html element, else xml. */
  readonly method: 'xml' | 'html' | 'text' | undefined;
  readonly version: string | undefined;
  readonly encoding: string;
  readonly omitsDeclaration: boolean | undefined;
  readonly standalone: string | undefined;
  readonly publicId: string | undefined;
  readonly systemId: string | undefined;
  /** Elements whose text is written as CDATA sections, by `{uri}local`. */
  readonly cdataElements: ReadonlySet<string>;
  /** Undefined: as the method has it. */
  readonly indents: boolean | undefined;
  /** XSLT 2.0: whether the head of an HTML page says its encoding. */
  readonly namesContentType: boolean;
}

const standard: OutputProperties = {
  method: undefined,
  version: undefined,
  encoding: 'UTF-8',
  omitsDeclaration: undefined,
  standalone: undefined,
  publicId: undefined,
  systemId: undefined,
  cdataElements: new Set(),
  indents: undefined,
  namesContentType: true,
};

/** Attributes that change nothing here: the policy leaves the Content-Type as it is, and its text is UTF-8 in memory. */
export const outputAttributes = [
  ...['method', 'version', 'encoding', 'omit-xml-declaration', 'standalone', 'doctype-public', 'doctype-system'],
  ...[
    'cdata-section-elements',
    'indent',
    'media-type',
    'include-content-type',
    'byte-order-mark',
    'undeclare-prefixes',
  ],
];

/** All xsl:output elements in one. @param elements of rising precedence: the last one that says something counts */
export function readOutput(elements: readonly StyleElement[], compiler: StyleCompiler): OutputProperties {
  const last = (name: string): string | undefined => {
    const attribute = elements.flatMap((one) => attributeOf(one, name) ?? []).at(-1);
    return attribute?.value.trim();
  };
  const flag = (name: string): boolean | undefined => {
    const value = last(name);
    return value === undefined ? undefined : value === 'yes' || value === 'true' || value === '1';
  };
  return {
    method: readMethod(elements, compiler),
    version: last('version'),
    encoding: encodingOf(last('encoding')),
    omitsDeclaration: flag('omit-xml-declaration'),
    standalone: last('standalone'),
    publicId: last('doctype-public'),
    systemId: last('doctype-system'),
    cdataElements: new Set(elements.flatMap((one) => cdataNames(one, compiler))),
    indents: flag('indent'),
    namesContentType: flag('include-content-type') ?? true,
  };
}

function readMethod(elements: readonly StyleElement[], compiler: StyleCompiler): OutputProperties['method'] {
  const element = elements.findLast((one) => attributeOf(one, 'method') !== undefined);
  const attribute = element === undefined ? undefined : attributeOf(element, 'method');
  const method = attribute?.value.trim();
  if (attribute === undefined || method === undefined) return standard.method;
  if (method === 'xml' || method === 'html' || method === 'text') return method;
  if (method === 'xhtml') return 'xml';
  compiler.unsupported(`The output method "${method}" does not run here.`, attribute.at, 'Use xml, html or text.');
  return 'xml';
}

/** A text in memory has no bytes: what cannot be UTF-8 is written so that all of it is ASCII. UTF-16 is not ASCII. */
function encodingOf(name: string | undefined): string {
  return name === undefined || /^(?:utf-?16|utf-?32|ucs)/i.test(name) ? standard.encoding : name;
}

function cdataNames(element: StyleElement, compiler: StyleCompiler): string[] {
  const list = attributeOf(element, 'cdata-section-elements');
  return (list?.value ?? '').split(/\s+/).flatMap((name) => {
    if (name === '' || list === undefined) return [];
    const colon = name.indexOf(':');
    if (colon === -1) return [`{${element.namespaces.get('') ?? ''}}${name}`];
    const key = nameKey(name, element);
    if (key === undefined) compiler.mistake(`The prefix of "${name}" is not declared.`, list.at);
    return key ?? [];
  });
}
