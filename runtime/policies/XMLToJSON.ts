import type { Place } from '../diagnostic.ts';
import { type Config, element, many } from '../schema/declare.ts';
import { boolean, integer, rawText, text, variable } from '../schema/values.ts';
import { readXml, XmlRefused } from '../xml/events.ts';
import { ConversionFailure, compileConversion, conversionFaults } from './conversion.ts';
import { isXml } from './payload-text.ts';
import { type Compiler, policy } from './policy.ts';
import { type ArrayPath, arrayPaths, JsonWriter, type JsonWriterOptions } from './xml-json-writer.ts';

const faults = conversionFaults('XMLToJSON', 'xml2json');

const formatName = { ...text, expects: 'the name of a format', empty: undefined };

const children = {
  Source: variable,
  OutputVariable: variable,
  Format: formatName,
  Options: element({
    children: {
      RecognizeNumber: boolean,
      RecognizeBoolean: boolean,
      RecognizeNull: boolean,
      NullValue: text,
      NamespaceSeparator: text,
      NamespaceBlockName: text,
      DefaultNamespaceNodeName: text,
      TextNodeName: text,
      TextAlwaysAsProperty: boolean,
      AttributeBlockName: text,
      AttributePrefix: text,
      OutputPrefix: rawText,
      OutputSuffix: rawText,
      StripLevels: integer(0),
      TreatAsArray: element({
        children: {
          Path: many(element({ content: text, attributes: { unwrap: boolean, overrideArrayName: text } })),
        },
      }),
    },
  }),
};

/** Turns an XML payload into JSON. Apigee: XMLToJSON policy reference. */
export const XMLToJSON = policy({
  element: 'XMLToJSON',
  failedPrefix: 'xmltojson',
  children,
  faults: { ...faults },
  compile(config, compiler) {
    const options = readOptions(config, compiler);
    return compileConversion(config, compiler, {
      element: 'XMLToJSON',
      faults,
      accepts: isXml,
      contentType: 'application/json',
      failure: 'Execution failed. reason: ',
      convert: (xml) => convert(xml, options),
    });
  },
});

function convert(xml: string, options: JsonWriterOptions): string {
  if (xml.trim() === '') throw new ConversionFailure('The payload is empty');
  const writer = new JsonWriter(options);
  try {
    readXml(xml, writer);
  } catch (error) {
    throw error instanceof XmlRefused ? new ConversionFailure(error.message) : error;
  }
  return writer.json;
}

const plain: JsonWriterOptions = {
  recognizesNumber: false,
  recognizesBoolean: false,
  recognizesNull: false,
  nullValue: undefined,
  namespaceSeparator: undefined,
  namespaceBlockName: undefined,
  defaultNamespaceNodeName: 'xmlns',
  textNodeName: '#text',
  textAlwaysAsProperty: false,
  attributeBlockName: undefined,
  attributePrefix: '',
  outputPrefix: '',
  outputSuffix: '',
  stripLevels: 0,
  arrays: undefined,
};

/** Apigee: XMLToJSON reference, Format; which options a format stands for is known from its examples only. */
const formats: ReadonlyMap<string, JsonWriterOptions> = new Map([
  ['xml.com', { ...plain, attributePrefix: '@', recognizesNull: true }],
  ['yahoo', { ...plain, textNodeName: 'content', recognizesNumber: true }],
  ['google', { ...plain, textNodeName: '$t', textAlwaysAsProperty: true, namespaceSeparator: '$' }],
  [
    'badgerFish',
    {
      ...plain,
      textNodeName: '$',
      textAlwaysAsProperty: true,
      attributePrefix: '@',
      namespaceSeparator: ':',
      namespaceBlockName: '@xmlns',
      defaultNamespaceNodeName: '$',
    },
  ],
]);

type XmlToJsonConfig = Config<typeof children>;

function readOptions(
  { Format, Options, at }: XmlToJsonConfig & { readonly at: Place },
  compiler: Compiler,
): JsonWriterOptions {
  if (Format === undefined) {
    if (Options !== undefined) return optionsOf(Options);
    const hint = 'Add <Options/>, or <Format>yahoo</Format> for one of the prepared sets of options.';
    compiler.error('ZH400', at, 'XMLToJSON has neither <Options> nor <Format> (EitherOptionOrFormat).', hint);
    return plain;
  }
  if (Options !== undefined) {
    const message = 'XMLToJSON has both <Format> and <Options>; <Options> has no effect.';
    compiler.warning('ZH400', Options.at, message, 'Keep one of them.');
  }
  const name = [...formats.keys()].find((one) => one.toLowerCase() === Format.text.toLowerCase());
  const format = name === undefined ? undefined : formats.get(name);
  if (format !== undefined) return format;
  const known = `Write one of ${[...formats.keys()].join(', ')}.`;
  compiler.error('ZH401', Format.at, `"${Format.text}" is no format of XMLToJSON (UnknownFormat).`, known);
  return plain;
}

function optionsOf(config: NonNullable<XmlToJsonConfig['Options']>): JsonWriterOptions {
  const recognizesNull = config.RecognizeNull?.text === true;
  const paths = config.TreatAsArray?.Path.map(
    (one): ArrayPath => ({
      path: one.text ?? '',
      unwraps: one.unwrap?.text === true,
      name: named(one.overrideArrayName),
    }),
  );
  return {
    recognizesNumber: config.RecognizeNumber?.text === true,
    recognizesBoolean: config.RecognizeBoolean?.text === true,
    recognizesNull,
    // zerohop's choice: a text stands for null when that is asked for.
    nullValue: named(config.NullValue) ?? (recognizesNull ? 'NULL' : undefined),
    namespaceSeparator: named(config.NamespaceSeparator),
    namespaceBlockName: named(config.NamespaceBlockName),
    defaultNamespaceNodeName: named(config.DefaultNamespaceNodeName) ?? plain.defaultNamespaceNodeName,
    textNodeName: named(config.TextNodeName) ?? plain.textNodeName,
    textAlwaysAsProperty: config.TextAlwaysAsProperty?.text === true,
    attributeBlockName: named(config.AttributeBlockName),
    attributePrefix: config.AttributePrefix?.text ?? '',
    outputPrefix: config.OutputPrefix?.text ?? '',
    outputSuffix: config.OutputSuffix?.text ?? '',
    stripLevels: config.StripLevels?.text ?? 0,
    arrays: paths === undefined || paths.length === 0 ? undefined : arrayPaths(paths),
  };
}

/** An option that is written empty counts as absent. */
function named(leaf: { readonly text: string } | undefined): string | undefined {
  return leaf === undefined || leaf.text === '' ? undefined : leaf.text;
}
