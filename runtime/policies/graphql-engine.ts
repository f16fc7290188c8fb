import type { DocumentNode, GraphQLSchema } from 'graphql';

/** What the GraphQL policy takes from its library. */
export interface GraphqlEngine {
  /** @throws GraphqlMistake for a text with a mistake, of too many tokens, or nested too deeply */
  parse(text: string): DocumentNode;
  /** A schema from its definition language. @throws GraphqlMistake */
  schema(text: string): GraphqlSchema;
}

export interface GraphqlSchema {
  /** Why a document does not fit the schema; undefined when it does. */
  verify(document: DocumentNode): string | undefined;
}

/** A text that is not GraphQL, or is refused for safety. */
export class GraphqlMistake extends Error {
  override readonly name = 'GraphqlMistake';
}

/** The parser recurses, and verifying takes more than linear time. */
const tokenLimit = 10_000;
const nestingLimit = 256;

/** Loads the library on first use. */
export async function loadGraphql(): Promise<GraphqlEngine> {
  const library = await import('graphql');
  const { GraphQLError, TokenKind } = library;
  const openers: ReadonlySet<string> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
  const closers: ReadonlySet<string> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);
  // Comparing every field with every other of its name is what a server does before it runs them.
  const rules = library.specifiedRules.filter((rule) => rule !== library.OverlappingFieldsCanBeMergedRule);

  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (error instanceof GraphQLError) throw new GraphqlMistake(placed(error));
      throw error;
    }
  };

  /** One token after the other, before anything recurses over them. */
  const scan = (text: string): void => {
    const lexer = new library.Lexer(new library.Source(text));
    let depth = 0;
    for (let count = 0; lexer.advance().kind !== TokenKind.EOF; count++) {
      const { kind } = lexer.token;
      if (openers.has(kind)) depth++;
      else if (closers.has(kind)) depth--;
      if (count >= tokenLimit) throw new GraphqlMistake(`The document has more than ${tokenLimit} tokens`);
      if (depth > nestingLimit) throw new GraphqlMistake(`The document is nested deeper than ${nestingLimit} levels`);
    }
  };

  const verify = (schema: GraphQLSchema, document: DocumentNode): string | undefined => {
    const [first] = library.validate(schema, document, rules, { maxErrors: 1 });
    return first === undefined ? undefined : placed(first);
  };

  return {
    parse: (text) =>
      attempt(() => {
        scan(text);
        return library.parse(text, { noLocation: true });
      }),
    schema: (text) => {
      const definitions = attempt(() => library.parse(text));
      let schema: GraphQLSchema;
      try {
        schema = library.buildASTSchema(definitions);
      } catch (error) {
        // The library's own checks of definitions end in plain errors, one line for each mistake.
        throw new GraphqlMistake((error as Error).message.split('\n', 1)[0]);
      }
      const [first] = library.validateSchema(schema);
      if (first !== undefined) throw new GraphqlMistake(placed(first));
      return { verify: (document) => verify(schema, document) };
    },
  };
}

function placed(error: {
  readonly message: string;
  readonly locations?: readonly { readonly line: number; readonly column: number }[] | undefined;
}): string {
  const [place] = error.locations ?? [];
  return place === undefined ? error.message : `${error.message} (line ${place.line}, column ${place.column})`;
}
