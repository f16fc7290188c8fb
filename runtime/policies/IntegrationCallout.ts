import { Fault } from '../fault.ts';
import { parseJson } from '../json-depth.ts';
import { Body } from '../message/body.ts';
import { Message } from '../message/message.ts';
import { element } from '../schema/declare.ts';
import { boolean, flag, variable } from '../schema/values.ts';
import type { GoogleAnswer } from './google-services.ts';
import { noTokensHint } from './google-tokens.ts';
import { policy } from './policy.ts';
import { usualIntegrationRequest } from './SetIntegrationRequest.ts';

const faults = {
  executionFailed: {
    code: 'steps.integrationcallout.ExecutionFailed',
    status: 500,
    text: 'IntegrationCallout: the integration cannot be run',
  },
  noRequest: {
    code: 'steps.integrationcallout.RequestVariableNotFound',
    status: 500,
    text: 'IntegrationCallout: there is no request of SetIntegrationRequest',
  },
};

/** zerohop's choice for a policy that names none. */
const usualResponse = 'integration.response';

/** Runs an integration of Application Integration. Apigee: IntegrationCallout policy reference. */
export const IntegrationCallout = policy({
  element: 'IntegrationCallout',
  failedPrefix: 'integrationcallout',
  children: {
    AsyncExecution: flag,
    Request: element({ content: variable, attributes: { clearPayload: boolean } }),
    Response: variable,
  },
  faults,
  compile(config, compiler) {
    const { name, googleServices: services } = compiler;
    if (!services.canBeCalled) {
      const message =
        'IntegrationCallout calls a service of Google, and there is no source of tokens: every call fails.';
      compiler.warning('ZH637', config.at, message, noTokensHint);
    }
    const read = compiler.reader(config.Request?.text ?? usualIntegrationRequest);
    const write = compiler.writer(config.Response?.text ?? usualResponse);
    const clears = config.Request?.clearPayload?.text ?? true;
    const isAsync = config.AsyncExecution?.text ?? false;
    return async (exchange) => {
      const request = read(exchange);
      const path = request instanceof Message ? request.path : '';
      const region = /^\/v1\/projects\/[^/]+\/locations\/([\w-]+)\/integrations\/[^/]+:\w+$/.exec(path)?.[1];
      if (!(request instanceof Message) || region === undefined) {
        throw new Fault(faults.noRequest, `IntegrationCallout[${name}]: run SetIntegrationRequest before`);
      }
      const method = isAsync ? path.replace(/:\w+$/, ':schedule') : path;
      const url = `https://${region}-integrations.googleapis.com${method}`;
      const answer = await run(name, () => services.post(exchange, url, parseJson(request.content)));
      if (clears) request.body = Body.empty;
      write(exchange, responseOf(answer));
      if (answer.status < 200 || answer.status > 299) {
        throw new Fault(faults.executionFailed, `IntegrationCallout[${name}]: the answer has status ${answer.status}`);
      }
    };
  },
});

async function run(name: string, call: () => Promise<GoogleAnswer>): Promise<GoogleAnswer> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof SyntaxError) throw new Fault(faults.noRequest, `IntegrationCallout[${name}]: no JSON to send`);
    if (!(error instanceof Fault)) throw error;
    throw new Fault(faults.executionFailed, `IntegrationCallout[${name}]: ${error.faultstring}`);
  }
}

function responseOf({ status, text }: GoogleAnswer): Message {
  const response = Message.response();
  response.status = status;
  response.headers.set('Content-Type', 'application/json');
  response.body = Body.ofText(text);
  return response;
}
