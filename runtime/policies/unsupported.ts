import { nearest } from '../diagnostic.ts';

/** Apigee's policies that zerohop knows by name and does not run. Never silent: each is reported when its bundle is loaded. */

const cannot = {
  JavaCallout: {
    what: 'JavaCallout runs a compiled class on the Java virtual machine, which zerohop does not have.',
    hint: 'Port it to a Javascript policy; a resource of the same job in JavaScript needs no JVM.',
  },
  Script: {
    what: 'Script runs Python on the Java virtual machine, which zerohop does not have.',
    hint: 'Port it to a Javascript policy.',
  },
} as const;

const notYet: ReadonlySet<string> = new Set([
  'DeleteOAuthV2Info',
  'ExternalCallout',
  'GetOAuthV2Info',
  'Integration',
  'IntegrationCallout',
  'SetIntegrationRequest',
  'OAuthV2',
  'ParseDialogflowRequest',
  'PublishMessage',
  'RevokeOAuthV2',
  'SanitizeModelResponse',
  'SanitizeUserPrompt',
  'SemanticCacheLookup',
  'SemanticCachePopulate',
  'SetDialogflowResponse',
  'SetOAuthV2Info',
]);

export interface Unsupported {
  readonly what: string;
  readonly hint: string;
}

/** Why a policy of Apigee does not run here; undefined when Apigee has no policy of that name. */
export function unsupportedReason(element: string): Unsupported | undefined {
  if (element === 'JavaCallout' || element === 'Script') return cannot[element];
  if (!notYet.has(element)) return undefined;
  return {
    what: `${element} is a policy of Apigee that zerohop does not run yet.`,
    hint: 'The rest of the proxy serves. Give the policy enabled="false" to skip the step knowingly.',
  };
}

/** What to say about an element that is no policy at all. */
export function unknownPolicy(element: string, supported: Iterable<string>): { message: string; hint: string } {
  const [best] = nearest(element, [...supported, ...notYet, ...Object.keys(cannot)]);
  return {
    message: `<${element}> is not a policy of Apigee.`,
    hint: best === undefined ? 'See docs/policies/ for the policies that zerohop runs.' : `Did you mean <${best}>?`,
  };
}
