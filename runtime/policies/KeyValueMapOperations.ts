import type { Place } from '../diagnostic.ts';
import { Fault } from '../fault.ts';
import { SetVariableError } from '../language/variable.ts';
import { toText } from '../language/variables.ts';
import type { Exchange, Outcome } from '../message/exchange.ts';
import { type ConfigOf, element, many, required, requiredAttribute, valueOrRef } from '../schema/declare.ts';
import { boolean, integer, oneOf, text, variable } from '../schema/values.ts';
import type { Answer } from '../state/answer.ts';
import { type KeyValueMap, type KeyValueMapEntry, KeyValueMaps, keyValueMapScope } from '../state/keyvaluemap.ts';
import { checkMapKey, compileMapKey, compileValue, keyJoin, mapKey, textOrUndefined } from './map-key.ts';
import { type Compiler, policy } from './policy.ts';

const get = element({
  attributes: { assignTo: requiredAttribute(variable), index: integer(1) },
  children: { Key: required(mapKey) },
});

const put = element({
  attributes: { override: boolean },
  children: { Key: required(mapKey), Value: many(valueOrRef(text)) },
});

const literal = element({ content: text });

const entry = element({
  children: { Key: required(element({ children: { Parameter: many(literal) } })), Value: many(literal) },
});

const faults = {
  setVariableFailed: {
    code: 'steps.keyvaluemapoperations.SetVariableFailed',
    status: 500,
    text: 'Failed to set variable',
  },
  noMap: {
    code: 'steps.keyvaluemapoperations.UnsupportedOperationException',
    status: 500,
    text: 'The name of the key value map is empty',
  },
};

/** Reads, writes and deletes entries of key value maps. Apigee: KeyValueMapOperations policy. */
export const KeyValueMapOperations = policy({
  element: 'KeyValueMapOperations',
  failedPrefix: 'keyvaluemapoperations',
  attributes: { mapIdentifier: text, encrypted: boolean },
  children: {
    MapName: valueOrRef(text),
    Scope: oneOf('environment', 'organization', 'apiproxy', 'policy'),
    // The local store is always fresh: there is no copy that could expire.
    ExpiryTimeInSecs: valueOrRef(integer()),
    ExclusiveCache: boolean,
    InitialEntries: element({ children: { Entry: many(entry) } }),
    Get: many(get),
    Put: many(put),
    Delete: many(element({ children: { Key: required(mapKey) } })),
  },
  faults,
  compile(config, compiler) {
    const maps = new KeyValueMaps(compiler.store);
    const scope = keyValueMapScope[config.Scope?.text ?? 'environment'](compiler);
    const name = compileName(config.mapIdentifier, config.MapName, config.at, compiler);
    const operations = [
      ...config.Get.map((one) => ({ at: one.at, run: compileGet(one, compiler) })),
      ...config.Put.map((one) => ({ at: one.at, run: compilePut(one, compiler) })),
      ...config.Delete.map((one) => ({ at: one.at, run: compileDelete(one, compiler) })),
    ]
      .sort((one, other) => one.at.offset - other.at.offset)
      .map(({ run }) => run);
    const entries = (config.InitialEntries?.Entry ?? []).flatMap((one) => readEntry(one, compiler));
    if (operations.length === 0 && config.InitialEntries === undefined) {
      compiler.warning('ZH121', config.at, 'The policy does nothing.', 'Add <Get>, <Put> or <Delete>.');
    }
    const { constant } = name;
    if (constant === undefined || constant === '') {
      if (entries.length > 0 && config.InitialEntries !== undefined) {
        const message = 'The name of the map is not known when the proxy is deployed; these entries are not written.';
        compiler.warning('ZH124', config.InitialEntries.at, message, 'Name the map with mapIdentifier="NAME".');
      }
      return (exchange) => {
        const known = name.read(exchange);
        if (known === '')
          throw new Fault(faults.noMap, `${faults.noMap.text} in KeyValueMapStepDefinition ${compiler.name}`);
        return runFrom(operations, 0, exchange, maps.open(scope, known));
      };
    }
    const map = maps.open(scope, constant);
    const encrypted = config.encrypted?.text === true;
    if (encrypted) compiler.onDeploy(() => map.create(true));
    if (entries.length > 0) compiler.onDeploy(() => maps.seed(scope, constant, entries));
    return (exchange) => runFrom(operations, 0, exchange, map);
  },
});

type Operation = (exchange: Exchange, map: KeyValueMap) => Outcome;

function runFrom(operations: readonly Operation[], from: number, exchange: Exchange, map: KeyValueMap): Outcome {
  for (let index = from; index < operations.length; index++) {
    const outcome = operations[index]?.(exchange, map);
    if (outcome !== undefined) return outcome.then(() => runFrom(operations, index + 1, exchange, map));
  }
  return undefined;
}

interface MapName {
  /** Undefined when a variable gives the name. */
  readonly constant: string | undefined;
  read(exchange: Exchange): string;
}

function compileName(
  identifier: { readonly text: string; readonly at: Place } | undefined,
  mapName: ConfigOf<ReturnType<typeof valueOrRef<string>>> | undefined,
  at: Place,
  compiler: Compiler,
): MapName {
  if (identifier !== undefined && mapName !== undefined) {
    const message = 'Both mapIdentifier and <MapName> name a map; mapIdentifier has no effect.';
    compiler.warning('PO038', identifier.at, message, 'Keep one of them.');
  }
  const constant = mapName === undefined ? (identifier?.text ?? 'kvmap') : (mapName.text ?? '');
  if (mapName?.ref !== undefined) {
    const read = compiler.reader(mapName.ref.text);
    return { constant: undefined, read: (exchange) => textOrUndefined(read(exchange)) ?? constant };
  }
  if (constant === '') {
    const message = 'The name of the key value map is empty; running the policy raises a fault.';
    compiler.warning(
      'PO038',
      mapName?.at ?? identifier?.at ?? at,
      message,
      'Name a map, such as mapIdentifier="settings".',
    );
  } else if (mapName === undefined && identifier === undefined) {
    compiler.warning('PO038', at, 'No map is named; the map "kvmap" is used.', 'Add mapIdentifier="NAME".');
  }
  return { constant, read: () => constant };
}

function compileGet(config: ConfigOf<typeof get>, compiler: Compiler): Operation {
  const readKey = compileMapKey(config.Key, compiler);
  const target = config.assignTo.text;
  const write = compiler.writer(target);
  const index = config.index?.text;
  const failed = () => {
    return new Fault(
      faults.setVariableFailed,
      `Failed to set variable ${target} in KeyValueMapStepDefinition ${compiler.name}`,
    );
  };
  const assign = (exchange: Exchange, values: readonly string[] | undefined): undefined => {
    // A key that is missing leaves no value of another key behind. zerohop's choice.
    const value = values === undefined || index !== undefined ? values?.[(index ?? 1) - 1] : oneOrAll(values);
    try {
      write(exchange, value);
    } catch (error) {
      throw error instanceof SetVariableError ? failed() : error;
    }
    return undefined;
  };
  const fetch = (exchange: Exchange, map: KeyValueMap): Outcome => {
    const wanted = readKey(exchange);
    if (wanted === undefined) return assign(exchange, undefined);
    const answer = map.get(wanted);
    return answer instanceof Promise ? answer.then((values) => assign(exchange, values)) : assign(exchange, answer);
  };
  if (target.startsWith('private.')) return fetch;
  return (exchange, map) => {
    const encrypted = map.encrypted();
    if (encrypted instanceof Promise) {
      return encrypted.then((is) => {
        if (is === true) throw failed();
        return fetch(exchange, map);
      });
    }
    if (encrypted === true) throw failed();
    return fetch(exchange, map);
  };
}

function compilePut(config: ConfigOf<typeof put>, compiler: Compiler): Operation {
  const readKey = compileMapKey(config.Key, compiler);
  const values = config.Value.map((one) => compileValue(one, compiler));
  if (values.length === 0) {
    compiler.error('ZH123', config.at, '<Put> has no value.', 'Add <Value>...</Value> below <Put>.');
  }
  const overrides = config.override?.text === true;
  return (exchange, map) => {
    const wanted = readKey(exchange);
    // zerohop's choice: a variable without value is left out, and nothing at all is not written over what is there.
    const texts = values.flatMap((value) => textsOf(value(exchange)));
    if (wanted === undefined || texts.length === 0) return undefined;
    return done(overrides ? map.put(wanted, texts) : map.add(wanted, texts));
  };
}

function compileDelete(config: { readonly Key: ConfigOf<typeof mapKey> }, compiler: Compiler): Operation {
  const readKey = compileMapKey(config.Key, compiler);
  return (exchange, map) => {
    const wanted = readKey(exchange);
    return wanted === undefined ? undefined : done(map.delete(wanted));
  };
}

function readEntry(config: ConfigOf<typeof entry>, compiler: Compiler): KeyValueMapEntry[] {
  checkMapKey(config.Key, compiler);
  const parts = config.Key.Parameter.map((one) => one.text ?? '');
  const values = config.Value.map((one) => one.text ?? '');
  if (values.length === 0) {
    compiler.error(
      'ZH123',
      config.at,
      '<Entry> has no value (ValueIsMissing).',
      'Add <Value>...</Value> below <Entry>.',
    );
  }
  return parts.length === 0 || values.length === 0 ? [] : [{ key: parts.join(keyJoin), values }];
}

function oneOrAll(values: readonly string[]): unknown {
  return values.length === 1 ? values[0] : [...values];
}

function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(toText);
  return value === undefined || value === null ? [] : [toText(value)];
}

function done(answer: Answer<unknown>): Outcome {
  return answer instanceof Promise ? answer.then(() => undefined) : undefined;
}
