import { element, many, requiredAttribute } from '../schema/declare.ts';
import { text, variable } from '../schema/values.ts';
import { capturedValue } from './captured-value.ts';
import { policy } from './policy.ts';

/** Adds values of flow variables to what is known about a call when it is debugged. Apigee: TraceCapture policy reference. */
export const TraceCapture = policy({
  element: 'TraceCapture',
  failedPrefix: 'tracecapture',
  children: {
    Variables: element({
      children: {
        Variable: many(element({ content: text, attributes: { name: requiredAttribute(text), ref: variable } })),
      },
    }),
  },
  faults: {},
  compile(config, compiler) {
    const variables = (config.Variables?.Variable ?? []).map((one) => ({
      name: one.name.text,
      read: one.ref === undefined ? undefined : compiler.reader(one.ref.text),
      fallback: one.text === '' ? undefined : one.text,
    }));
    if (variables.length === 0) {
      const hint = 'Add <Variables> with <Variable name="..." ref="..."/>.';
      compiler.warning('ZH460', config.at, 'TraceCapture captures nothing.', hint);
    }
    return (exchange) => {
      const values = variables.map(({ name, read, fallback }) => {
        return [name, capturedValue(read?.(exchange), 'string', fallback)] as const;
      });
      exchange.surroundings.capture?.(exchange, compiler.name, Object.fromEntries(values), true);
    };
  },
});
