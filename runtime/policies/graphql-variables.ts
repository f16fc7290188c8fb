import type {
  ArgumentNode,
  DirectiveNode,
  DocumentNode,
  FragmentDefinitionNode,
  OperationDefinitionNode,
  SelectionNode,
  SelectionSetNode,
  TypeNode,
  ValueNode,
} from 'graphql';

/** What a document holds. */
export interface GraphqlParts {
  readonly operations: readonly OperationDefinitionNode[];
  readonly fragments: readonly FragmentDefinitionNode[];
}

export function partsOf(document: DocumentNode): GraphqlParts {
  const operations: OperationDefinitionNode[] = [];
  const fragments: FragmentDefinitionNode[] = [];
  for (const one of document.definitions) {
    if (one.kind === 'OperationDefinition') operations.push(one);
    else if (one.kind === 'FragmentDefinition') fragments.push(one);
  }
  return { operations, fragments };
}

/** Levels of fields, fragments counted where they are used; Infinity for a fragment that uses itself. */
export function depthOf({ operations, fragments }: GraphqlParts): number {
  const byName = new Map(fragments.map((one) => [one.name.value, one]));
  const known = new Map<string, number>();
  const busy = new Set<string>();
  const fragmentDepth = (name: string): number => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const fragment = byName.get(name);
    if (fragment === undefined) return 0;
    if (busy.has(name)) return Number.POSITIVE_INFINITY;
    busy.add(name);
    const depth = setDepth(fragment.selectionSet);
    busy.delete(name);
    known.set(name, depth);
    return depth;
  };
  const setDepth = ({ selections }: SelectionSetNode): number => {
    let deepest = 0;
    for (const one of selections) deepest = Math.max(deepest, selectionDepth(one));
    return deepest;
  };
  const selectionDepth = (one: SelectionNode): number => {
    switch (one.kind) {
      case 'Field':
        return 1 + (one.selectionSet === undefined ? 0 : setDepth(one.selectionSet));
      case 'InlineFragment':
        return setDepth(one.selectionSet);
      default:
        return fragmentDepth(one.name.value);
    }
  };
  return operations.reduce((deepest, one) => Math.max(deepest, setDepth(one.selectionSet)), 0);
}

type Set = (name: string, value: string | number) => void;

/** Sets the flow variables of the first operation. Apigee: GraphQL policy reference, flow variables. */
export function setVariables({ operations, fragments }: GraphqlParts, set: Set): void {
  set('graphql.fragment.count', fragments.length);
  const [operation] = operations;
  if (operation === undefined) return;
  const prefix = 'graphql.operation';
  set(`${prefix}.operationType`, operation.operation.toUpperCase());
  if (operation.name !== undefined) set(`${prefix}.name`, operation.name.value);
  const definitions = operation.variableDefinitions ?? [];
  set(`${prefix}.variableDefinitions.count`, definitions.length);
  definitions.forEach(({ variable, type }, index) => {
    set(`${prefix}.variableDefinitions.${index + 1}.name`, variable.name.value);
    set(`${prefix}.variableDefinitions.${index + 1}.type`, typeText(type));
  });
  setDirectives(operation.directives ?? [], prefix, set);
  setSelections(operation.selectionSet, prefix, set);
}

function setSelections({ selections }: SelectionSetNode, prefix: string, set: Set): void {
  set(`${prefix}.selectionSet.count`, selections.length);
  selections.forEach((one, index) => {
    const own = `${prefix}.selectionSet.${index + 1}`;
    if (one.kind !== 'InlineFragment') set(`${own}.name`, one.name.value);
    setDirectives(one.directives ?? [], own, set);
    if (one.kind === 'FragmentSpread') return;
    if (one.kind === 'Field') {
      if (one.alias !== undefined) set(`${own}.alias`, one.alias.value);
      setArguments(one.arguments ?? [], own, set);
    }
    if (one.selectionSet !== undefined) setSelections(one.selectionSet, own, set);
  });
}

function setArguments(list: readonly ArgumentNode[], prefix: string, set: Set): void {
  set(`${prefix}.argument.count`, list.length);
  list.forEach(({ name, value }, index) => {
    set(`${prefix}.argument.${index + 1}.name`, name.value);
    set(`${prefix}.argument.${index + 1}.value`, valueText(value));
  });
}

function setDirectives(list: readonly DirectiveNode[], prefix: string, set: Set): void {
  set(`${prefix}.directive.count`, list.length);
  list.forEach((one, index) => {
    set(`${prefix}.directive.${index + 1}.name`, one.name.value);
    setArguments(one.arguments ?? [], `${prefix}.directive.${index + 1}`, set);
  });
}

/** Values in the notation of the reference, which is that of a parser in Java. */
function valueText(value: ValueNode): string {
  switch (value.kind) {
    case 'IntValue':
    case 'FloatValue':
    case 'BooleanValue':
      return `${value.kind}{value=${value.value}}`;
    case 'StringValue':
      return `StringValue{value='${value.value}'}`;
    case 'EnumValue':
      return `EnumValue{name='${value.value}'}`;
    case 'NullValue':
      return 'NullValue{}';
    case 'Variable':
      return `VariableReference{name='${value.name.value}'}`;
    case 'ListValue':
      return `ArrayValue{values=[${value.values.map(valueText).join(', ')}]}`;
    default: {
      const fields = value.fields.map((one) => `ObjectField{name='${one.name.value}', value=${valueText(one.value)}}`);
      return `ObjectValue{objectFields=[${fields.join(', ')}]}`;
    }
  }
}

function typeText(type: TypeNode): string {
  switch (type.kind) {
    case 'NamedType':
      return `TypeName{name='${type.name.value}'}`;
    case 'ListType':
      return `ListType{type=${typeText(type.type)}}`;
    default:
      return `NonNullType{type=${typeText(type.type)}}`;
  }
}
