import { Fault } from '../fault.ts';
import { flag, template } from '../schema/values.ts';
import { sourceOf, usualPrompt } from './llm-source.ts';
import { compileScreening, modelArmor, modelArmorFaults } from './model-armor.ts';
import { policy } from './policy.ts';

const faults = {
  ...modelArmorFaults,
  filterMatched: {
    code: 'steps.sanitize.user.prompt.FilterMatched',
    status: 400,
    text: 'Model armor template filter matched.',
  },
  noPrompt: {
    code: 'steps.sanitize.user.prompt.FailedToExtractUserPrompt',
    status: 500,
    text: 'The user prompt cannot be extracted',
  },
  unreadable: {
    code: 'steps.sanitize.user.prompt.SanitizationResponseParsingFailed',
    status: 500,
    text: 'The answer of Model Armor cannot be read',
  },
};

/** Has a prompt screened before it goes to a model. Apigee: SanitizeUserPrompt policy reference. */
export const SanitizeUserPrompt = policy({
  element: 'SanitizeUserPrompt',
  failedPrefix: 'SanitizeUserPrompt',
  children: {
    IgnoreUnresolvedVariables: flag,
    ModelArmor: modelArmor,
    UserPromptSource: template,
    FunctionResponseSource: template,
  },
  faults,
  compile(config, compiler) {
    const ignores = config.IgnoreUnresolvedVariables?.text ?? false;
    const source = (leaf: typeof config.UserPromptSource, usual: string) =>
      sourceOf(leaf, usual, config.at, ignores, faults.noPrompt, compiler);
    const prompt = source(config.UserPromptSource, usualPrompt);
    const results = config.FunctionResponseSource === undefined ? undefined : source(config.FunctionResponseSource, '');
    const screen = compileScreening(
      config.ModelArmor.TemplateName,
      {
        element: 'SanitizeUserPrompt',
        method: 'sanitizeUserPrompt',
        filterMatched: faults.filterMatched,
        unreadable: faults.unreadable,
      },
      compiler,
    );
    return (exchange) => {
      const text = [prompt(exchange), results?.(exchange) ?? ''].filter((one) => one !== '').join('\n');
      if (text === '') throw new Fault(faults.noPrompt);
      return screen(exchange, { userPromptData: { text } });
    };
  },
});
