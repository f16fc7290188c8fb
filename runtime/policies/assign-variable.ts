import { Fault } from '../fault.ts';
import { compileTemplate } from '../language/template.ts';
import { type Reader, SetVariableError, toText } from '../language/variables.ts';
import { BodyNeed } from '../message/body-need.ts';
import { type ConfigOf, element } from '../schema/declare.ts';
import { rawTemplate, rawText, template, text, variable } from '../schema/values.ts';
import { type ActionContext, faultPrefix, type PlacedAction, type Text, textOf } from './action.ts';

/** Sets a flow variable. Apigee: AssignMessage reference, AssignVariable. */
export const assignVariable = element({
  children: {
    Name: text,
    ResourceURL: template,
    Template: element({ content: rawTemplate, attributes: { ref: variable } }),
    Ref: variable,
    Value: rawText,
    PropertySetRef: template,
  },
});

export type AssignVariableConfig = ConfigOf<typeof assignVariable>;

export function compileAssignVariable(config: AssignVariableConfig, context: ActionContext): PlacedAction[] {
  const { compiler, options } = context;
  const name = config.Name?.text ?? '';
  if (name === '') {
    const message = '<AssignVariable> names no variable (InvalidVariableName).';
    compiler.error('PO026', config.Name?.at ?? config.at, message, 'Add <Name>VARIABLE</Name> to it.');
    return [];
  }
  if (name === 'ratelimit') {
    const message = 'The variable name "ratelimit" is reserved for Quota policies.';
    compiler.warning('ZH108', config.Name?.at ?? config.at, message, 'Choose another name.');
  }
  const read = sourceOf(config, context);
  const write = compiler.writer(name);
  return [
    {
      offset: config.at.offset,
      run: (exchange) => {
        const value = read(exchange);
        try {
          write(exchange, value);
        } catch (error) {
          if (!(error instanceof SetVariableError)) throw error;
          throw new Fault(options.faults.setVariableFailed, `${faultPrefix(compiler, options)}${error.message}`);
        }
      },
    },
  ];
}

/** The one source that counts, in Apigee's order of precedence. */
function sourceOf(config: AssignVariableConfig, context: ActionContext): Reader {
  const { ResourceURL, Template, Ref, Value, PropertySetRef } = config;
  if (ResourceURL !== undefined && ResourceURL.text !== '') return resourceText(ResourceURL, context);
  if (Template !== undefined) return templateText(Template, context);
  if (Ref !== undefined) return referred(Ref, Value?.text, context);
  if (Value !== undefined) {
    const { text } = Value;
    return () => text;
  }
  if (PropertySetRef !== undefined && PropertySetRef.text !== '') return propertyValue(PropertySetRef, context);
  const hint = 'Add one of Value, Ref, Template, ResourceURL, PropertySetRef.';
  context.compiler.warning(
    'PO026',
    config.at,
    'This <AssignVariable> gives no value: it sets the variable to null.',
    hint,
  );
  return () => undefined;
}

function resourceText(config: NonNullable<AssignVariableConfig['ResourceURL']>, context: ActionContext): Reader {
  const { compiler, unresolved } = context;
  const { constant, render } = textOf(context, config.text, config.at);
  const load = (url: string): string | undefined => {
    const resource = compiler.resource(url);
    return resource === undefined ? undefined : Buffer.from(resource.bytes).toString('utf8');
  };
  if (constant === undefined) {
    return (exchange) => {
      const url = render(exchange);
      return load(url) ?? unresolved?.(url);
    };
  }
  const loaded = load(constant);
  if (loaded !== undefined) return () => loaded;
  const known = compiler.resourceNames(constant.split('://')[0] ?? '');
  const hint = known.length === 0 ? undefined : `Resources of this type: ${known.slice(0, 12).join(', ')}.`;
  const effect = unresolved === undefined ? 'the variable is set to null' : 'the policy raises a fault';
  compiler.warning('ZH110', config.at, `There is no resource "${constant}": ${effect}.`, hint);
  return () => unresolved?.(constant);
}

/** How many templates that came out of variables one policy keeps compiled. */
const keptTemplates = 64;

function templateText(config: NonNullable<AssignVariableConfig['Template']>, context: ActionContext): Reader {
  const { compiler, unresolved } = context;
  const { constant, render } = textOf(context, config.text ?? '', config.textAt);
  if (config.ref === undefined) return constant === undefined ? render : () => constant;
  const readTemplate = compiler.reader(config.ref.text);
  // Nobody knows what a template out of a variable will read.
  compiler.needs(BodyNeed.request | BodyNeed.response | BodyNeed.error);
  const kept = new Map<string, Text>();
  return (exchange) => {
    const found = readTemplate(exchange);
    if (found === undefined || found === null) return render(exchange);
    const source = toText(found);
    let compiled = kept.get(source);
    if (compiled === undefined) {
      if (kept.size >= keptTemplates) kept.clear();
      compiled = compileTemplate(source, { unresolved, xpath: compiler.xpath });
      kept.set(source, compiled);
    }
    return compiled.render(exchange);
  };
}

function referred(
  ref: NonNullable<AssignVariableConfig['Ref']>,
  fallback: string | undefined,
  context: ActionContext,
): Reader {
  const { compiler, unresolved } = context;
  const name = ref.text;
  if (/[{}]/.test(name)) {
    const message = `<Ref> takes the name of a variable without braces; there is no variable "${name}".`;
    compiler.warning('PO026', ref.at, message, `Write ${name.replace(/[{}]/g, '')}, or use Template.`);
  }
  const read = compiler.reader(name);
  if (fallback !== undefined) return (exchange) => read(exchange) ?? fallback;
  if (unresolved === undefined) return read;
  return (exchange) => read(exchange) ?? unresolved(name);
}

function propertyValue(config: NonNullable<AssignVariableConfig['PropertySetRef']>, context: ActionContext): Reader {
  const { compiler, unresolved } = context;
  if (config.text.startsWith('propertyset.')) {
    const message = '"propertyset." is implied here; written out, it names a property set of that name.';
    compiler.warning('PO026', config.at, message, `Write ${config.text.slice('propertyset.'.length)}.`);
  }
  const { constant, render } = textOf(context, config.text, config.at);
  if (constant !== undefined) {
    const name = `propertyset.${constant}`;
    const read = compiler.reader(name);
    return (exchange) => read(exchange) ?? unresolved?.(name);
  }
  return (exchange) => {
    const name = `propertyset.${render(exchange)}`;
    return exchange.read(name) ?? unresolved?.(name);
  };
}
