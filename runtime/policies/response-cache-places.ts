import type { Attachment, Compiler } from './policy.ts';

/** Where a ResponseCache may stand: once in a request, once in a response. Apigee: ResponseCache policy, deployment errors. */
export function checkPlaces(compiler: Compiler): void {
  const attachments = compiler.attachments();
  // A shared flow does not say which of the two it is for.
  if (attachments.some(({ part }) => part === 'steps')) return;
  const requests = attachments.filter(({ part }) => part === 'request');
  const responses = attachments.filter(({ part }) => part === 'response');
  refuseSecond(requests, 'ZH527', 'request', 'ResponseCacheStepAttachmentNotAllowedReq', compiler);
  refuseSecond(responses, 'ZH528', 'response', 'ResponseCacheStepAttachmentNotAllowedResp', compiler);
  const { name } = compiler;
  const hint = 'Attach the policy once in a request flow and once in a response flow.';
  const elsewhere = attachments.find(({ part }) => part !== 'request' && part !== 'response');
  if (elsewhere !== undefined) {
    const message = `ResponseCache "${name}" does nothing outside of request and response flows.`;
    compiler.warning('ZH529', elsewhere.at, message, hint);
  }
  const [request] = requests;
  const [response] = responses;
  if (request !== undefined && response === undefined) {
    const message = `ResponseCache "${name}" is attached in no response, so nothing is kept.`;
    compiler.warning('ZH529', request.at, message, hint);
  } else if (response !== undefined && request === undefined) {
    const message = `ResponseCache "${name}" is attached in no request, so nothing is answered from it.`;
    compiler.warning('ZH529', response.at, message, hint);
  }
}

function refuseSecond(
  attachments: readonly Attachment[],
  code: string,
  part: string,
  error: string,
  compiler: Compiler,
): void {
  const second = attachments[1];
  if (second === undefined) return;
  const message = `ResponseCache "${compiler.name}" is attached to more than one ${part} flow (${error}).`;
  compiler.error(code, second.at, message, `Attach it once; a second ${part} takes a policy of its own.`);
}
