import { Fault } from '../fault.ts';
import { element, required } from '../schema/declare.ts';
import { boolean, template, variable } from '../schema/values.ts';
import { policy } from './policy.ts';
import { compileRate, rateElement } from './rate.ts';
import { compileWhenAnswered } from './store-answer.ts';
import { compileThrottle, identifierOf, type Passage } from './throttle.ts';

const faults = {
  violation: {
    code: 'policies.prompttokenlimit.PromptTokenLimitViolation',
    status: 429,
    text: 'Prompt token limit violation.',
  },
  noPrompt: {
    code: 'policies.prompttokenlimit.FailedToExtractUserPrompt',
    status: 500,
    text: 'Failed to extract the user prompt',
  },
  noCount: {
    code: 'policies.prompttokenlimit.FailedToCalculateUserPromptTokens',
    status: 500,
    text: 'Failed to calculate the tokens of the user prompt',
  },
  unresolvedRate: {
    code: 'policies.prompttokenlimit.FailedToResolveRate',
    status: 500,
    text: 'Failed to resolve Spike Arrest Rate reference',
  },
  invalidRate: {
    code: 'policies.prompttokenlimit.InvalidAllowedRate',
    status: 500,
    text: 'Invalid spike arrest rate',
  },
};

/** Apigee: PromptTokenLimit policy, default of UserPromptSource. */
const defaultSource = "{jsonPath('$.contents[-1].parts[-1].text',request.content,true)}";

/** Refuses prompts whose tokens come faster than a rate. Apigee: PromptTokenLimit policy. */
export const PromptTokenLimit = policy({
  element: 'PromptTokenLimit',
  failedPrefix: 'ratelimit',
  children: {
    Rate: required(rateElement),
    Identifier: element({ attributes: { ref: variable } }),
    UserPromptSource: template,
    UseEffectiveCount: boolean,
    IgnoreUnresolvedVariables: boolean,
  },
  faults,
  compile(config, compiler) {
    const { name, tokenizer } = compiler;
    const rateOf = compileRate(config.Rate, 'PromptTokenLimit', faults, compiler);
    const source = config.UserPromptSource;
    const written = source === undefined || source.text === '' ? defaultSource : source.text;
    const ignores = config.IgnoreUnresolvedVariables?.text ?? false;
    const unresolved = (variable: string): never => {
      throw new Fault(faults.noPrompt, `${faults.noPrompt.text}: ${variable} has no value in ${name}`);
    };
    const prompt = compiler.template(written, source?.at ?? config.at, ignores ? {} : { unresolved });
    const readIdentifier =
      config.Identifier?.ref === undefined ? undefined : compiler.reader(config.Identifier.ref.text);
    const throttle = compileThrottle('prompttokenlimit', config.UseEffectiveCount?.text ?? false, compiler);
    const whenAnswered = compileWhenAnswered();
    return (exchange) => {
      const rate = rateOf(exchange);
      if (rate === undefined) return undefined;
      const text = prompt.render(exchange);
      if (text === '' && !ignores) throw new Fault(faults.noPrompt, `${faults.noPrompt.text} in ${name}`);
      if (tokenizer === undefined) throw new Fault(faults.noCount);
      const tokens = tokenizer.count(text);
      exchange.setVariable(`ratelimit.${name}.resolvedUserPrompt`, text);
      exchange.setVariable(`ratelimit.${name}.userPromptTokenCount`, tokens);
      const passage = throttle(exchange, identifierOf(readIdentifier?.(exchange)), rate, tokens);
      const settle = ({ passed }: Passage): void => {
        exchange.setVariable(`ratelimit.${name}.failed`, !passed);
        if (!passed) throw new Fault(faults.violation, `Prompt token limit violation. Allowed rate : ${rate.shown}`);
      };
      // As for spikes: a store that does not answer holds nobody up.
      return whenAnswered(exchange, passage, settle, () => undefined);
    };
  },
});
