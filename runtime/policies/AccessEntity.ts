import type { Place } from '../diagnostic.ts';
import { setGroup } from '../language/grouped-variables.ts';
import { toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { type ConfigOf, element, many, requiredAttribute } from '../schema/declare.ts';
import { oneOf, text, variable } from '../schema/values.ts';
import { childNodes, type EntityProfile, xmlOf } from './entity-profile.ts';
import { findEntity, type Identifiers, identifiersOf, type KnownEntity } from './entity-search.ts';
import { type Compiler, policy } from './policy.ts';

const identifier = element({ attributes: { ref: requiredAttribute(variable), type: requiredAttribute(text) } });

const pair = element({ children: { EntityIdentifier: identifier, SecondaryIdentifier: identifier } });

/** Entities of Apigee that zerohop keeps nothing of. */
const absent: readonly string[] = [
  'appgroup_app',
  'authorizationcode',
  'company',
  'companydeveloper',
  'requesttoken',
  'verifier',
];

/** Puts what is known of a product, developer, app or key into a variable. Apigee: AccessEntity policy. */
export const AccessEntity = policy({
  element: 'AccessEntity',
  failedPrefix: 'accessentity',
  children: {
    EntityType: element({ attributes: { value: requiredAttribute(text) } }),
    EntityIdentifier: identifier,
    SecondaryIdentifier: identifier,
    Identifiers: element({ children: { Identifier: many(pair) } }),
    OutputFormat: oneOf('XML', 'JSON'),
  },
  faults: {},
  compile(config, compiler) {
    const { name, consumers } = compiler;
    const type = typeOf(config.EntityType?.value, config.at, compiler);
    const pairs = [config, ...(config.Identifiers?.Identifier ?? [])].filter(
      (one) => one.EntityIdentifier !== undefined,
    );
    if (pairs.length === 0) {
      const hint = 'Add <EntityIdentifier ref="request.queryparam.apikey" type="consumerkey"/>.';
      compiler.error('ZH542', config.at, 'AccessEntity does not say which entity.', hint);
    }
    const identify = pairs.map((one) => identifiersReader(one, type, compiler));
    const write = compiler.writer(`AccessEntity.${name}`);
    const group = `AccessEntity.ChildNodes.${name}`;
    const isJson = config.OutputFormat?.text === 'JSON';
    if (type === undefined) return () => undefined;
    return (exchange) => {
      const found = identify.flatMap((read) => findEntity(type, read(exchange), consumers) ?? []);
      write(exchange, found.length === 0 ? undefined : isJson ? jsonText(found) : xmlText(found));
      setGroup(exchange, group, childNodes(found.map(({ xml }) => xml)));
    };
  },
});

/** Undefined: reported, and nothing is ever found. */
function typeOf(
  value: { text: string; at: Place } | undefined,
  at: Place,
  compiler: Compiler,
): KnownEntity | undefined {
  const type = value?.text.toLowerCase() ?? '';
  if (isKnown(type)) return type;
  if (value !== undefined && absent.includes(type)) {
    const message = `zerohop keeps no entities of type ${value.text}; AccessEntity.${compiler.name} stays unset.`;
    compiler.warning('ZH543', value.at, message, `Kept are ${Object.keys(identifiersOf).join(', ')}.`);
    return undefined;
  }
  const message = `<EntityType> ${value === undefined ? 'is missing' : `"${value.text}" does not exist`} (InvalidEntityType).`;
  compiler.error('ZH541', value?.at ?? at, message, `Write one of ${Object.keys(identifiersOf).join(', ')}.`);
  return undefined;
}

function isKnown(type: string): type is KnownEntity {
  return Object.hasOwn(identifiersOf, type);
}

type Pair = Pick<ConfigOf<typeof pair>, 'EntityIdentifier' | 'SecondaryIdentifier'>;

/** Variables without a value identify nothing. */
function identifiersReader(
  { EntityIdentifier, SecondaryIdentifier }: Pair,
  type: KnownEntity | undefined,
  compiler: Compiler,
): (exchange: Exchange) => Identifiers {
  const readers = [EntityIdentifier, SecondaryIdentifier].flatMap((one) => {
    if (one === undefined) return [];
    const kind = one.type.text.toLowerCase();
    const kinds: readonly string[] = type === undefined ? [kind] : identifiersOf[type];
    if (!kinds.includes(kind)) {
      const message = `Entities of type ${type} are not found by "${one.type.text}": the identifier has no effect.`;
      compiler.warning('ZH544', one.type.at, message, `Use one of ${kinds.join(', ')}.`);
    }
    return [{ kind, read: compiler.reader(one.ref.text) }];
  });
  return (exchange) => {
    const values = new Map<string, string>();
    for (const { kind, read } of readers) {
      const value = toText(read(exchange));
      if (value !== '') values.set(kind, value);
    }
    return values;
  };
}

/** zerohop's choice: several entities stand in an element of their plural, `Apps`. */
function xmlText(found: readonly EntityProfile[]): string {
  const [first] = found;
  if (first === undefined) return '';
  return xmlOf(found.length === 1 ? first.xml : { name: `${first.xml.name}s`, content: found.map(({ xml }) => xml) });
}

/** zerohop's choice: several entities are a list. */
function jsonText(found: readonly EntityProfile[]): string {
  const [first] = found;
  return JSON.stringify(found.length === 1 ? first?.json : found.map(({ json }) => json));
}
