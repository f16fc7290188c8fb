import { element, many, requiredAttribute } from '../schema/declare.ts';
import { rawText, text } from '../schema/values.ts';
import { compileOverridden, fileOf } from './overridden.ts';
import { policy } from './policy.ts';
import { guardMilliseconds } from './script-step.ts';

const faults = {
  failed: {
    code: 'steps.javacallout.ExecutionError',
    status: 500,
    text: 'Execution of a Java callout failed',
  },
};

/** A compiled class of Java: a script in JavaScript can stand for it. Apigee: JavaCallout policy reference. */
export const JavaCallout = policy({
  element: 'JavaCallout',
  failedPrefix: 'javacallout',
  children: {
    ClassName: text,
    ResourceURL: text,
    Properties: element({
      children: { Property: many(element({ content: rawText, attributes: { name: requiredAttribute(text) } })) },
    }),
  },
  faults,
  compile(config, compiler) {
    const name = config.ClassName?.text || 'a class';
    const foreign = {
      element: 'JavaCallout',
      reason: `JavaCallout runs ${name} on the Java virtual machine, which zerohop does not have.`,
      resource: fileOf(config.ResourceURL?.text),
      timeLimit: guardMilliseconds,
      properties: new Map((config.Properties?.Property ?? []).map((one) => [one.name.text, one.text ?? ''])),
      at: config.at,
    };
    return compileOverridden(foreign, { failed: faults.failed, security: faults.failed }, compiler);
  },
});
