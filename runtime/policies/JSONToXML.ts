import { isNestedDeeper } from '../json-depth.ts';
import { type Config, element } from '../schema/declare.ts';
import { boolean, text, variable } from '../schema/values.ts';
import { depthLimit } from '../xml/well-formed.ts';
import { ConversionFailure, compileConversion, conversionFaults } from './conversion.ts';
import { parseLossless } from './json-text.ts';
import { isXmlName, nameWriter, tooDeep, type XmlWriterOptions, xmlDocument } from './json-xml-writer.ts';
import { isJson } from './payload-text.ts';
import { type Compiler, policy } from './policy.ts';

const faults = conversionFaults('JSONToXML', 'json2xml');

const children = {
  Source: variable,
  OutputVariable: variable,
  Options: element({
    children: {
      NullValue: text,
      NamespaceBlockName: text,
      DefaultNamespaceNodeName: text,
      NamespaceSeparator: text,
      TextNodeName: text,
      AttributeBlockName: text,
      AttributePrefix: text,
      InvalidCharsReplacement: text,
      ObjectRootElementName: text,
      ArrayRootElementName: text,
      ArrayItemElementName: text,
      OmitXmlDeclaration: boolean,
      Indent: boolean,
    },
  }),
};

/** Turns a JSON payload into XML. Apigee: JSONToXML policy reference. */
export const JSONToXML = policy({
  element: 'JSONToXML',
  failedPrefix: 'jsontoxml',
  children,
  faults: { ...faults },
  compile(config, compiler) {
    const options = optionsOf(config.Options, compiler);
    return compileConversion(config, compiler, {
      element: 'JSONToXML',
      faults,
      accepts: isJson,
      contentType: 'application/xml',
      failure: 'Execution failed due to reason: ',
      convert: (json) => convert(json, options),
    });
  },
});

function convert(json: string, options: XmlWriterOptions): string {
  if (isNestedDeeper(json, depthLimit)) throw tooDeep();
  let value: unknown;
  try {
    value = parseLossless(json);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ConversionFailure(/^\s*[[{]/.test(json) ? error.message : 'Expecting { or [ at line 1');
  }
  if (typeof value !== 'object' || value === null) throw new ConversionFailure('Expecting { or [ at line 1');
  return xmlDocument(value, options);
}

type Options = NonNullable<Config<typeof children>['Options']>;

function optionsOf(config: Options | undefined, compiler: Compiler): XmlWriterOptions {
  const rename = nameWriter(replacementOf(config, compiler));
  const nameOf = (leaf: Options['ObjectRootElementName'], usual: string): string => {
    if (leaf === undefined || leaf.text === '') return usual;
    if (isXmlName(leaf.text)) return leaf.text;
    compiler.error('ZH403', leaf.at, `"${leaf.text}" is not the name of an element.`, 'Begin with a letter.');
    return usual;
  };
  return {
    rename,
    nullValue: named(config?.NullValue) ?? 'NULL',
    namespaceBlockName: named(config?.NamespaceBlockName),
    defaultNamespaceNodeName: named(config?.DefaultNamespaceNodeName),
    namespaceSeparator: named(config?.NamespaceSeparator),
    textNodeName: named(config?.TextNodeName),
    attributeBlockName: named(config?.AttributeBlockName),
    attributePrefix: named(config?.AttributePrefix),
    objectRoot: nameOf(config?.ObjectRootElementName, 'Root'),
    arrayRoot: nameOf(config?.ArrayRootElementName, 'Array'),
    arrayItem: nameOf(config?.ArrayItemElementName, 'Item'),
    omitsDeclaration: config?.OmitXmlDeclaration?.text === true,
    indents: config?.Indent?.text === true,
  };
}

function replacementOf(config: Options | undefined, compiler: Compiler): string {
  const leaf = config?.InvalidCharsReplacement;
  if (leaf === undefined) return '_';
  if (isXmlName(`a${leaf.text}`)) return leaf.text;
  const message = `"${leaf.text}" cannot stand in the name of an element; "_" is used.`;
  compiler.warning('ZH402', leaf.at, message, 'Write letters, digits, "_", "-" or ".".');
  return '_';
}

/** An option that is written empty counts as absent. */
function named(leaf: { readonly text: string } | undefined): string | undefined {
  return leaf === undefined || leaf.text === '' ? undefined : leaf.text;
}
