/** What is hidden without being asked for. Apigee hides only `private.` variables; the rest is zerohop's choice. */

export const hidden = '***';

const headerNames =
  /^(?:(?:proxy-)?authorization|cookie2?|set-cookie2?|.*(?:api|access|auth|client|secret|private|subscription|session)[-_]?(?:key|token|secret)s?|.*(?:password|passwd|secret|credential)s?|x-(?:auth|session|csrf|xsrf|id)[-_]?token|x-amz-security-token|token)$/i;

const parameterNames =
  /^(?:.*(?:api|access|auth|client|secret|private|subscription|session|refresh|id)[-_]?(?:key|token|secret)s?|.*(?:password|passwd|pwd|secret|credential|assertion)s?|client_id|consumer_?key|token|signature|sig)$/i;

export function isSecretHeader(name: string): boolean {
  return headerNames.test(name);
}

/** Query and form parameters, members of JSON, attributes of XML. */
export function isSecretParameter(name: string): boolean {
  return parameterNames.test(name);
}

/** A flow variable: private ones, headers and parameters that are hidden, and keys that policies set. */
export function isSecretVariable(name: string): boolean {
  if (/^private(?:\.|$)/.test(name)) return true;
  const header = /\.header\.([^.]+)/.exec(name)?.[1];
  if (header !== undefined) return isSecretHeader(header);
  return isSecretParameter(name.slice(name.lastIndexOf('.') + 1));
}
