import { required } from '../schema/declare.ts';
import { condition } from '../schema/values.ts';
import { policy } from './policy.ts';

/**
 * Evaluates a condition and stores whether it holds. A false one is no fault, and a condition that could be read can be
 * evaluated: Apigee's ConditionEvaluationFailed does not occur. Apigee: AssertCondition policy reference.
 */
export const AssertCondition = policy({
  element: 'AssertCondition',
  failedPrefix: ['assertcondition', 'AssertCondition'],
  children: { Condition: required(condition) },
  faults: {},
  compile(config, compiler) {
    const { text, at } = config.Condition;
    if (text.trim() === '') {
      const hint = 'Write one, such as request.verb = "POST".';
      compiler.error('ZH410', at, 'AssertCondition has an empty condition (InvalidCondition).', hint);
      return () => undefined;
    }
    const compiled = compiler.condition(text, at);
    const variable = `assertcondition.${compiler.name}.truthValue`;
    return (exchange) => exchange.setVariable(variable, compiled?.test(exchange) ?? false);
  },
});
