import { many } from '../schema/declare.ts';
import { integer, text } from '../schema/values.ts';
import { compileOverridden, fileOf } from './overridden.ts';
import { policy } from './policy.ts';
import { guardMilliseconds } from './script-step.ts';

const faults = {
  failed: {
    code: 'steps.script.ScriptEvaluationFailed',
    status: 500,
    text: 'Evaluation of a script failed',
  },
};

/** Python on the Java virtual machine: a script in JavaScript can stand for it. Apigee: Script policy reference. */
export const Script = policy({
  element: 'Script',
  failedPrefix: 'script',
  attributes: { timeLimit: { ...integer(0), expects: 'a whole number of milliseconds' } },
  children: { ResourceURL: text, IncludeURL: many(text) },
  faults,
  compile(config, compiler) {
    const foreign = {
      element: 'Script',
      reason: 'Script runs Python on the Java virtual machine, which zerohop does not have.',
      resource: fileOf(config.ResourceURL?.text),
      timeLimit: config.timeLimit?.text ?? guardMilliseconds,
      properties: new Map<string, string>(),
      at: config.at,
    };
    return compileOverridden(foreign, { failed: faults.failed, security: faults.failed }, compiler);
  },
});
