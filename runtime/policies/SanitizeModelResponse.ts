import { Fault } from '../fault.ts';
import { flag, template } from '../schema/values.ts';
import { sourceOf } from './llm-source.ts';
import { compileScreening, modelArmor, modelArmorFaults } from './model-armor.ts';
import { policy } from './policy.ts';

const faults = {
  ...modelArmorFaults,
  filterMatched: {
    code: 'steps.sanitize.model.response.FilterMatched',
    status: 400,
    text: 'Model armor template filter matched.',
  },
  noResponse: {
    code: 'steps.sanitize.model.response.FailedToExtractLLMResponse',
    status: 500,
    text: 'The response of the model cannot be extracted',
  },
  noPrompt: {
    code: 'steps.sanitize.model.response.FailedToExtractUserPrompt',
    status: 500,
    text: 'The user prompt cannot be extracted',
  },
  unreadable: {
    code: 'steps.sanitize.model.response.SanitizationResponseParsingFailed',
    status: 500,
    text: 'The answer of Model Armor cannot be read',
  },
};

const usualResponse = "{jsonPath('$.candidates[-1].content.parts[-1].text',response.content,true)}";

/** Has a model's answer screened, in an EventFlow each event. Apigee: SanitizeModelResponse policy reference. */
export const SanitizeModelResponse = policy({
  element: 'SanitizeModelResponse',
  failedPrefix: 'SanitizeModelResponse',
  children: {
    IgnoreUnresolvedVariables: flag,
    ModelArmor: modelArmor,
    UserPromptSource: template,
    LLMResponseSource: template,
    ModelResponseSource: template,
    FunctionCallSource: template,
  },
  faults,
  compile(config, compiler) {
    const { UserPromptSource, FunctionCallSource, ModelArmor, at } = config;
    const ignores = config.IgnoreUnresolvedVariables?.text ?? false;
    const written = config.LLMResponseSource ?? config.ModelResponseSource;
    const response = sourceOf(written, usualResponse, at, ignores, faults.noResponse, compiler);
    const calls = FunctionCallSource && sourceOf(FunctionCallSource, '', at, ignores, faults.noResponse, compiler);
    const prompt = UserPromptSource && sourceOf(UserPromptSource, '', at, ignores, faults.noPrompt, compiler);
    const screen = compileScreening(
      ModelArmor.TemplateName,
      {
        element: 'SanitizeModelResponse',
        method: 'sanitizeModelResponse',
        filterMatched: faults.filterMatched,
        unreadable: faults.unreadable,
      },
      compiler,
    );
    return (exchange) => {
      const text = [response(exchange), calls?.(exchange) ?? ''].filter((one) => one !== '').join('\n');
      if (text === '') throw new Fault(faults.noResponse);
      const userPrompt = prompt?.(exchange) || undefined;
      return screen(exchange, { modelResponseData: { text }, userPrompt });
    };
  },
});
