import { nearest } from '../diagnostic.ts';

/** Apigee's policies that zerohop knows by name and does not run. Never silent: each is reported when its bundle is loaded. */

const notYet: ReadonlySet<string> = new Set(['Integration']);

export interface Unsupported {
  readonly what: string;
  readonly hint: string;
}

/** Why a policy of Apigee does not run here; undefined when Apigee has no policy of that name. */
export function unsupportedReason(element: string): Unsupported | undefined {
  if (!notYet.has(element)) return undefined;
  return {
    what: `${element} is a policy of Apigee that zerohop does not run yet.`,
    hint: 'The rest of the proxy serves. Give the policy enabled="false" to skip the step knowingly.',
  };
}

/** What to say about an element that is no policy at all. */
export function unknownPolicy(element: string, supported: Iterable<string>): { message: string; hint: string } {
  const [best] = nearest(element, [...supported, ...notYet]);
  return {
    message: `<${element}> is not a policy of Apigee.`,
    hint: best === undefined ? 'See docs/policies/ for the policies that zerohop runs.' : `Did you mean <${best}>?`,
  };
}
