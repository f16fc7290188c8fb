import type { AnySchemaObject, ErrorObject, Ajv as JsonSchemaValidator } from 'ajv';

/** What OASValidation takes from libraries that cost start time: YAML, and JSON Schema compiled to code. */
export interface OasEngine {
  /** A document in YAML or JSON. @throws OasMistake */
  read(text: string): unknown;
  /** The schemas inside a document, found by JSON pointer, such as `#/components/schemas/Pet`. */
  schemas(document: object, version: OasVersion): OasSchemas;
}

export type OasVersion = '3.0' | '3.1';

export interface OasSchemas {
  /** @throws OasMistake for a schema that cannot be compiled */
  compile(pointer: string): OasSchema;
}

/** Why a value is not valid; undefined when it is. */
export type OasSchema = (value: unknown) => OasFinding | undefined;

export interface OasFinding {
  readonly text: string;
  /** Whether the value is of another type altogether. */
  readonly isType: boolean;
}

/** A document that cannot be used; the message says why. */
export class OasMistake extends Error {
  override readonly name = 'OasMistake';
}

const documentId = 'urn:zerohop:document';

/** Loads the libraries on first use. */
export async function loadOas(): Promise<OasEngine> {
  const [{ parse, YAMLError }, { Ajv }, { Ajv2020 }, formats] = await Promise.all([
    import('yaml'),
    import('ajv'),
    import('ajv/dist/2020.js'),
    import('ajv-formats'),
  ]);
  // Its types describe the module as if it were its own default export.
  const addFormats = formats.default as unknown as (validator: JsonSchemaValidator) => unknown;
  const options = {
    strict: false,
    logger: false,
    validateSchema: false,
    // `constructor` and the like are properties only when the payload has them.
    ownProperties: true,
    unicodeRegExp: false,
  } as const;
  return {
    read(text) {
      try {
        return parse(text, { maxAliasCount: 100 });
      } catch (error) {
        if (error instanceof YAMLError || error instanceof ReferenceError || error instanceof RangeError) {
          throw new OasMistake(firstLine(error.message));
        }
        throw error;
      }
    },
    schemas(document, version) {
      const validator = version === '3.0' ? new Ajv(options) : new Ajv2020(options);
      addFormats(validator as unknown as JsonSchemaValidator);
      const known = new Map<string, OasSchema>();
      try {
        validator.addSchema(document as AnySchemaObject, documentId);
      } catch (error) {
        throw new OasMistake(firstLine((error as Error).message));
      }
      return {
        compile(pointer) {
          const found = known.get(pointer);
          if (found !== undefined) return found;
          const made = compileSchema(validator as unknown as JsonSchemaValidator, pointer);
          known.set(pointer, made);
          return made;
        },
      };
    },
  };
}

function compileSchema(validator: JsonSchemaValidator, pointer: string): OasSchema {
  try {
    const validate = validator.compile({ $ref: `${documentId}${pointer}` });
    return (value) => (validate(value) === true ? undefined : finding(validate.errors?.[0]));
  } catch (error) {
    // The library throws plain errors: for references that lead nowhere, and for keywords with values that do not fit.
    throw new OasMistake(
      `${decodeURIComponent(pointer)}: ${firstLine((error as Error).message).replaceAll(documentId, '')}`,
    );
  }
}

function finding(error: ErrorObject | undefined): OasFinding {
  if (error === undefined) return { text: 'Not valid', isType: false };
  const where = error.instancePath === '' ? '' : `[Path '${error.instancePath}'] `;
  return { text: `${where}${reason(error)}`, isType: error.keyword === 'type' };
}

function reason({ keyword, params, message }: ErrorObject): string {
  const values = params as Readonly<Record<string, unknown>>;
  switch (keyword) {
    case 'required':
      return `Object has missing required properties ([${JSON.stringify(values.missingProperty)}])`;
    case 'additionalProperties':
      return `Object has properties which are not allowed ([${JSON.stringify(values.additionalProperty)}])`;
    case 'enum':
      return `The value is not one of ${JSON.stringify(values.allowedValues)}`;
    default:
      return `The value ${message ?? 'is not valid'}`;
  }
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}
