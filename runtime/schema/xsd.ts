import type { ChildType, ElementType, ValueType } from './declare.ts';

/**
 * The XSD 1.0 document of a declared element. Apigee accepts children in any order: `xs:all` where none repeats, a
 * repeated `xs:choice` where one may. What XSD 1.0 cannot say (required children of such a choice) the checks say.
 */
export function xsdDocument(name: string, type: ElementType<unknown>): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'];
  writeElement(lines, 1, name, type, '');
  lines.push('</xs:schema>', '');
  return lines.join('\n');
}

function writeElement(
  lines: string[],
  depth: number,
  name: string,
  type: ElementType<unknown> | ValueType<unknown>,
  occurs: string,
): void {
  const indent = '  '.repeat(depth);
  if (type.kind === 'value') {
    writeTyped(lines, indent, 'element', name, type, occurs);
    return;
  }
  if (type.content === 'ignored') {
    lines.push(`${indent}<xs:element name="${name}" type="xs:anyType"${occurs}/>`);
    return;
  }
  const mixed = type.content === undefined ? '' : ' mixed="true"';
  const simple = isSimple(type) ? type.content : undefined;
  lines.push(`${indent}<xs:element name="${name}"${occurs}>`);
  if (simple === undefined) {
    lines.push(`${indent}  <xs:complexType${mixed}>`);
    writeContent(lines, depth + 2, type);
    writeAttributes(lines, depth + 2, type);
    lines.push(`${indent}  </xs:complexType>`);
  } else {
    // A value with attributes: text is checked by zerohop itself, since such elements may also be written empty.
    lines.push(
      `${indent}  <xs:complexType>`,
      `${indent}    <xs:simpleContent>`,
      `${indent}      <xs:extension base="xs:string">`,
    );
    writeAttributes(lines, depth + 4, type);
    lines.push(`${indent}      </xs:extension>`, `${indent}    </xs:simpleContent>`, `${indent}  </xs:complexType>`);
  }
  lines.push(`${indent}</xs:element>`);
}

function isSimple(type: ElementType<unknown>): boolean {
  return type.content !== undefined && type.content !== 'markup' && Object.keys(type.children).length === 0;
}

function writeContent(lines: string[], depth: number, type: ElementType<unknown>): void {
  const indent = '  '.repeat(depth);
  if (type.content === 'markup') {
    lines.push(
      `${indent}<xs:sequence>`,
      `${indent}  <xs:any minOccurs="0" maxOccurs="unbounded" processContents="skip"/>`,
    );
    lines.push(`${indent}</xs:sequence>`);
    return;
  }
  const children = Object.entries(type.children);
  if (children.length === 0) return;
  const repeats = children.some(([, child]) => child.kind === 'many');
  lines.push(repeats ? `${indent}<xs:choice minOccurs="0" maxOccurs="unbounded">` : `${indent}<xs:all>`);
  for (const [name, child] of children) {
    writeElement(lines, depth + 1, name, inner(child), repeats || child.kind === 'required' ? '' : ' minOccurs="0"');
  }
  lines.push(repeats ? `${indent}</xs:choice>` : `${indent}</xs:all>`);
}

function inner(child: ChildType): ElementType<unknown> | ValueType<unknown> {
  return child.kind === 'many' || child.kind === 'required' ? child.of : child;
}

function writeAttributes(lines: string[], depth: number, type: ElementType<unknown>): void {
  for (const [name, declared] of Object.entries(type.attributes)) {
    const required = declared.kind === 'requiredValue';
    const value = declared.kind === 'requiredValue' ? declared.type : declared;
    writeTyped(lines, '  '.repeat(depth), 'attribute', name, value, required ? ' use="required"' : '');
  }
}

function writeTyped(
  lines: string[],
  indent: string,
  what: 'element' | 'attribute',
  name: string,
  type: ValueType<unknown>,
  extra: string,
): void {
  if (typeof type.xsd === 'string' && (what === 'attribute' || type.xsd === 'xs:string')) {
    lines.push(`${indent}<xs:${what} name="${name}" type="${type.xsd}"${extra}/>`);
    return;
  }
  lines.push(`${indent}<xs:${what} name="${name}"${extra}>`, `${indent}  <xs:simpleType>`);
  if (typeof type.xsd === 'string') writeEmptyOr(lines, indent, type.xsd);
  else {
    lines.push(`${indent}    <xs:restriction base="xs:string">`);
    for (const word of type.xsd) lines.push(`${indent}      <xs:enumeration value="${word}"/>`);
    lines.push(`${indent}    </xs:restriction>`);
  }
  lines.push(`${indent}  </xs:simpleType>`, `${indent}</xs:${what}>`);
}

/** Published bundles leave number and boolean elements empty; such an element counts as absent. */
function writeEmptyOr(lines: string[], indent: string, base: string): void {
  lines.push(`${indent}    <xs:union memberTypes="${base}">`, `${indent}      <xs:simpleType>`);
  lines.push(`${indent}        <xs:restriction base="xs:string">`, `${indent}          <xs:enumeration value=""/>`);
  lines.push(`${indent}        </xs:restriction>`, `${indent}      </xs:simpleType>`, `${indent}    </xs:union>`);
}
