import assert from 'node:assert/strict';

/**
 * Reads a trace of the emulator as its viewers do: walks points and results, takes what it knows by name, and trusts no
 * order but that of the lists.
 */
export interface ReadTransaction {
  readonly id: string;
  readonly application: string;
  readonly completed: boolean;
  readonly points: readonly ReadPoint[];
}

export interface ReadPoint {
  readonly id: string;
  readonly properties: Readonly<Record<string, string>>;
  /** `verb uri`, or the status. */
  readonly message: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: string | undefined;
  /** `get name value`. */
  readonly variables: readonly string[];
}

interface Result {
  readonly ActionResult: string;
  readonly timestamp: string;
  readonly properties?: { readonly property: readonly Named[] };
  readonly accessList?: readonly Readonly<Record<string, Named & { readonly success?: boolean }>>[];
  readonly headers?: readonly Named[];
  readonly content?: string;
  readonly verb?: string;
  readonly uRI?: string;
  readonly statusCode?: string;
  readonly reasonPhrase?: string;
}

interface Named {
  readonly name: string;
  readonly value: string;
}

interface Transaction {
  readonly messageId: string;
  readonly application: string;
  readonly completed: boolean;
  readonly point: readonly Point[];
}

interface Point {
  readonly id: string;
  readonly results: readonly Result[];
}

export function readTransactions(json: unknown): ReadTransaction[] {
  const { Messages } = json as { readonly Messages: readonly Transaction[] };
  return Messages.map(({ messageId, application, completed, point }) => ({
    id: messageId,
    application,
    completed,
    points: readPoints(point),
  }));
}

export function readPoints(points: unknown): ReadPoint[] {
  return (points as readonly Point[]).map(readPoint);
}

function readPoint({ id, results }: Point): ReadPoint {
  const properties: Record<string, string> = {};
  const headers: Record<string, string> = {};
  const variables: string[] = [];
  let message: string | undefined;
  let content: string | undefined;
  for (const result of results) {
    assert.match(result.timestamp, /^\d\d-\d\d-\d\d \d\d:\d\d:\d\d:\d{3}$/);
    switch (result.ActionResult) {
      case 'DebugInfo':
        for (const { name, value } of result.properties?.property ?? []) properties[name] = text(value);
        break;
      case 'VariableAccess':
        for (const access of result.accessList ?? []) variables.push(...Object.entries(access).map(accessText));
        break;
      case 'RequestMessage':
        message = `${text(result.verb)} ${text(result.uRI)}`;
        break;
      case 'ResponseMessage':
      case 'ErrorMessage':
        message = `${text(result.statusCode)} ${text(result.reasonPhrase)}`;
        break;
      default:
        assert.fail(`an ActionResult that no viewer knows: ${result.ActionResult}`);
    }
    for (const { name, value } of result.headers ?? []) headers[text(name)] = text(value);
    content = result.content ?? content;
  }
  return { id, properties, message, headers, content, variables };
}

function accessText([action, { name, value, success }]: [string, Named & { readonly success?: boolean }]): string {
  if (action !== 'Get') assert.equal(success, true);
  return `${action} ${text(name)} ${value ?? ''}`.trim();
}

/** All values are texts. */
function text(value: unknown): string {
  assert.equal(typeof value, 'string', JSON.stringify(value));
  return value as string;
}
