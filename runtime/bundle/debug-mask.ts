import type { Diagnostics, Place } from '../diagnostic.ts';
import { JsonFields, listOf } from './json-fields.ts';
import type { JsonNode } from './json-source.ts';

/** What debug sessions hide. Apigee: masking and hiding data. */
export interface DebugMask {
  /** Prefix to namespace, for the XPaths. */
  readonly namespaces: ReadonlyMap<string, string>;
  readonly requestXPaths: readonly string[];
  readonly responseXPaths: readonly string[];
  readonly faultXPaths: readonly string[];
  readonly requestJSONPaths: readonly string[];
  readonly responseJSONPaths: readonly string[];
  readonly faultJSONPaths: readonly string[];
  readonly variables: readonly string[];
}

export const emptyDebugMask: DebugMask = {
  namespaces: new Map(),
  requestXPaths: [],
  responseXPaths: [],
  faultXPaths: [],
  requestJSONPaths: [],
  responseJSONPaths: [],
  faultJSONPaths: [],
  variables: [],
};

export interface DataCollector {
  readonly name: string;
  readonly type: (typeof dataCollectorTypes)[number];
  readonly at: Place;
}

const dataCollectorTypes = ['INTEGER', 'FLOAT', 'STRING', 'BOOLEAN', 'DATETIME'] as const;

/** `debugmask.json` */
export function readDebugMask(root: JsonNode, diagnostics: Diagnostics): DebugMask | undefined {
  const fields = JsonFields.of(root, 'The debug mask', diagnostics);
  if (fields === undefined) return undefined;
  const namespaces = new Map<string, string>();
  const declared = fields.object('namespaces');
  for (const prefix of declared?.names ?? []) namespaces.set(prefix, declared?.text(prefix) ?? '');
  const mask = {
    namespaces,
    requestXPaths: fields.texts('requestXPaths'),
    responseXPaths: fields.texts('responseXPaths'),
    faultXPaths: fields.texts('faultXPaths'),
    requestJSONPaths: fields.texts('requestJSONPaths'),
    responseJSONPaths: fields.texts('responseJSONPaths'),
    faultJSONPaths: fields.texts('faultJSONPaths'),
    variables: fields.texts('variables'),
  };
  fields.reportMisspelt();
  return mask;
}

/** `datacollectors.json` */
export function readDataCollectors(root: JsonNode, diagnostics: Diagnostics): DataCollector[] {
  return listOf(root, 'dataCollectors', 'A data collector', diagnostics).flatMap((fields) => {
    const name = fields.requiredText('name');
    const type = fields.oneOf('type', dataCollectorTypes);
    fields.reportMisspelt();
    return name === undefined ? [] : [{ name, type: type ?? 'STRING', at: fields.at }];
  });
}
