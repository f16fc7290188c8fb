import { Fault, type FaultKind, flowFaults } from '../fault.ts';
import { parseJson } from '../json-depth.ts';
import type { Exchange } from '../message/exchange.ts';
import { element, type Leaf, required } from '../schema/declare.ts';
import { template } from '../schema/values.ts';
import type { GoogleAnswer } from './google-services.ts';
import { noTokensHint } from './google-tokens.ts';
import type { Compiler } from './policy.ts';

/** Model Armor, the service that both Sanitize policies ask. Google Cloud: Model Armor REST reference, templates. */

export const modelArmor = required(element({ children: { TemplateName: required(template) } }));

/** Faults of asking, whichever of the two policies asks. Apigee: policy reference, error codes. */
export const modelArmorFaults = {
  noTemplate: kind('ModelArmorTemplateNameExtractionFailed', 'The name of the Model Armor template cannot be resolved'),
  notAuthenticated: kind('AuthenticationFailure', 'Authentication at Model Armor failed'),
  failed: kind('ModelArmorAPIFailed', 'The call of Model Armor failed'),
  noAnswer: kind('ModelArmorCalloutError', 'Model Armor cannot be called'),
  unavailable: kind('ServiceUnavailable', 'Model Armor is not available'),
};

function kind(name: string, text: string): FaultKind {
  return { code: `steps.sanitize.modelarmor.${name}`, status: 500, text };
}

/** What differs between the two. */
export interface Screening {
  /** The element, which the variables begin with. */
  readonly element: string;
  readonly method: 'sanitizeUserPrompt' | 'sanitizeModelResponse';
  readonly filterMatched: FaultKind;
  readonly unreadable: FaultKind;
}

/** The step's part after the texts are known: asks, sets the variables, and raises what matched. */
export function compileScreening(
  name: Leaf<string>,
  screening: Screening,
  compiler: Compiler,
): (exchange: Exchange, body: object) => Promise<void> {
  const { googleServices: services } = compiler;
  if (!services.canBeCalled) {
    const message = `${screening.element} asks Model Armor, and there is no source of Google tokens: every call fails.`;
    compiler.warning('ZH663', name.at, message, noTokensHint);
  }
  const templateName = compiler.template(name.text, name.at, {
    unresolved: (variable) => {
      throw new Fault(modelArmorFaults.noTemplate, `Unable to resolve variable ${variable} in TemplateName`);
    },
  });
  const prefix = `${screening.element}.${compiler.name}`;
  return async (exchange, body) => {
    const asked = templateName.render(exchange);
    const location = /^projects\/[^/]+\/locations\/([\w-]+)\/templates\/[\w-]+$/.exec(asked)?.[1];
    if (location === undefined) {
      throw new Fault(modelArmorFaults.noTemplate, `"${asked}" is no name of a Model Armor template`);
    }
    const url = `https://modelarmor.${location}.rep.googleapis.com/v1/${asked}:${screening.method}`;
    const answer = await ask(() => services.post(exchange, url, body));
    const result = readResult(answer.text, screening.unreadable);
    setVariables(exchange, prefix, body, answer.text, result);
    if (result.matchState !== 'MATCH_FOUND') return;
    const found = matchNames.map(([shown, key]) => `${shown}: ${result.matches[key]}`).join(', ');
    throw new Fault(
      screening.filterMatched,
      `${screening.filterMatched.text} Policy caught the offending text. filter matched: ${found}`,
    );
  };
}

async function ask(call: () => Promise<GoogleAnswer>): Promise<GoogleAnswer> {
  let answer: GoogleAnswer;
  try {
    answer = await call();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const noToken = error.code === flowFaults.googleTokenGenerationFailure.code;
    throw new Fault(noToken ? modelArmorFaults.notAuthenticated : modelArmorFaults.noAnswer);
  }
  const { status } = answer;
  if (status === 200) return answer;
  if (status === 401 || status === 403) throw new Fault(modelArmorFaults.notAuthenticated);
  if (status === 429 || status === 503) throw new Fault(modelArmorFaults.unavailable);
  throw new Fault(modelArmorFaults.failed, `The call of Model Armor failed with status ${status}`);
}

const matchNames = [
  ['RAIMatchesFound', 'rai'],
  ['SDPMatchesFound', 'sdp'],
  ['PIMatchesFound', 'injection'],
  ['CSAMMatchesFound', 'csam'],
  ['URIMatchesFound', 'uris'],
] as const;

interface Result {
  readonly matchState: string;
  readonly invocation: string | undefined;
  readonly confidence: string | undefined;
  readonly errorCode: unknown;
  readonly errorMessage: unknown;
  readonly matches: Readonly<Record<(typeof matchNames)[number][1], boolean>>;
}

function readResult(text: string, unreadable: FaultKind): Result {
  let answer: unknown;
  try {
    answer = parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Fault(unreadable);
    throw error;
  }
  const result = part(answer, 'sanitizationResult');
  const matchState = part(result, 'filterMatchState');
  if (typeof matchState !== 'string') throw new Fault(unreadable);
  const filters = part(result, 'filterResults');
  const of = (...names: readonly string[]): boolean => isMatch(names.map((name) => part(filters, name)).find(Boolean));
  const metadata = part(result, 'sanitizationMetadata');
  const invocation = part(result, 'invocationResult');
  const confidence = part(part(part(filters, 'pi_and_jailbreak'), 'piAndJailbreakFilterResult'), 'confidenceLevel');
  return {
    matchState,
    invocation: typeof invocation === 'string' ? invocation : undefined,
    confidence: typeof confidence === 'string' ? confidence : undefined,
    errorCode: part(metadata, 'errorCode'),
    errorMessage: part(metadata, 'errorMessage'),
    matches: {
      rai: of('rai'),
      sdp: of('sdp'),
      injection: of('pi_and_jailbreak'),
      csam: of('csam'),
      uris: of('malicious_uris', 'malicious_uri'),
    },
  };
}

/** Whether a filter says that it matched, at whatever depth it says so. */
function isMatch(filter: unknown): boolean {
  if (typeof filter !== 'object' || filter === null) return false;
  return Object.entries(filter).some(([name, value]) =>
    name === 'matchState' ? value === 'MATCH_FOUND' : isMatch(value),
  );
}

function part(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function setVariables(exchange: Exchange, prefix: string, sent: object, text: string, result: Result): void {
  const values = {
    filterMatchState: result.matchState,
    invocationResult: result.invocation,
    promptInjectionDetected: result.matches.injection,
    promptInjectionConfidence: result.confidence,
    raiMatchesFound: result.matches.rai,
    sdpMatchesFound: result.matches.sdp,
    maliciousURIsDetected: result.matches.uris,
    csamFilterMatched: result.matches.csam,
    requestSentToModelArmor: JSON.stringify(sent),
    responseFromModelArmor: text,
    'response.content': text,
  };
  for (const [name, value] of Object.entries(values)) exchange.setVariable(`${prefix}.${name}`, value);
  exchange.setVariable('sanitizationMetadata.errorCode', result.errorCode);
  exchange.setVariable('sanitizationMetadata.errorMessage', result.errorMessage);
}
