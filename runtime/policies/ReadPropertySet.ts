import { Fault } from '../fault.ts';
import { SetVariableError } from '../language/variable.ts';
import type { Exchange } from '../message/exchange.ts';
import { type ConfigOf, element, many, required, valueOrRef } from '../schema/declare.ts';
import { rawTemplate, template, variable } from '../schema/values.ts';
import { textOrUndefined } from './map-key.ts';
import { type Compiler, policy } from './policy.ts';

const read = element({
  children: {
    Name: required(valueOrRef(template)),
    Key: required(valueOrRef(template)),
    AssignTo: required(variable),
    DefaultValue: valueOrRef(rawTemplate),
  },
});

const faults = {
  setVariableFailed: {
    code: 'steps.readpropertyset.SetVariableFailed',
    status: 500,
    text: 'ReadPropertySet: a variable cannot be set',
  },
};

/** Puts values of property sets into flow variables. Apigee: ReadPropertySet policy reference. */
export const ReadPropertySet = policy({
  element: 'ReadPropertySet',
  failedPrefix: 'readpropertyset',
  children: { Read: many(read) },
  faults,
  compile(config, compiler) {
    if (config.Read.length === 0) {
      compiler.warning('ZH411', config.at, 'The policy reads nothing.', 'Add <Read> with Name, Key and AssignTo.');
    }
    const reads = config.Read.map((one) => compileRead(one, compiler));
    return (exchange) => {
      for (const run of reads) run(exchange);
    };
  },
});

function compileRead(config: ConfigOf<typeof read>, compiler: Compiler): (exchange: Exchange) => void {
  const name = compileText(config.Name, compiler);
  const key = compileText(config.Key, compiler);
  const fallback = config.DefaultValue === undefined ? undefined : compileText(config.DefaultValue, compiler);
  const write = compiler.writer(config.AssignTo.text);
  return (exchange) => {
    const set = name(exchange);
    const property = key(exchange);
    // A part without value names no property: only the default is left. zerohop's choice.
    const found = set === undefined || property === undefined ? undefined : propertyOf(exchange, set, property);
    try {
      write(exchange, found ?? fallback?.(exchange));
    } catch (error) {
      if (!(error instanceof SetVariableError)) throw error;
      throw new Fault(faults.setVariableFailed, `ReadPropertySet[${compiler.name}]: ${error.message}`);
    }
  };
}

/** The proxy's own sets come before those of its environment. Apigee: property sets. */
function propertyOf({ endpoint, directory }: Exchange, set: string, key: string): string | undefined {
  const name = `${set}.${key}`;
  return endpoint.properties.get(name) ?? directory.properties.get(name);
}

/** What `ref` names, else the text. */
function compileText(
  config: ConfigOf<ReturnType<typeof valueOrRef<string>>>,
  compiler: Compiler,
): (exchange: Exchange) => string | undefined {
  const { text } = config;
  const written = text === undefined || text === '' ? undefined : compiler.template(text, config.textAt);
  const referred = config.ref === undefined ? undefined : compiler.reader(config.ref.text);
  return (exchange) => textOrUndefined(referred?.(exchange)) ?? written?.render(exchange);
}
