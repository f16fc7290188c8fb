import { authentication } from '../bundle/target.ts';
import { Fault } from '../fault.ts';
import { BodyNeed } from '../message/body-need.ts';
import type { Exchange } from '../message/exchange.ts';
import { element, many, required, requiredAttribute } from '../schema/declare.ts';
import { boolean, integer, text } from '../schema/values.ts';
import { applyRequest, applyResponse, requestPart, responsePart, type Sent } from './external-callout-messages.ts';
import { contextReader, setVariables, targetWriter, variablesBelow } from './external-callout-variables.ts';
import { compileGoogleAuthentication } from './google-authentication.ts';
import { noTokensHint } from './google-tokens.ts';
import { GrpcFailure } from './grpc-connection.ts';
import type { MessageContext } from './message-context.ts';
import { type Compiler, policy } from './policy.ts';

const faults = {
  executionError: {
    code: 'steps.externalcallout.ExecutionError',
    status: 500,
    text: 'Encountered an exception while sending the gRPC request or processing the response',
  },
  tlsInitFailed: { code: 'GrpcTlsInitFailed', status: 500, text: 'TLS with the gRPC server cannot be set up' },
};

const parts = [
  'with.request.content',
  'with.request.headers',
  'with.response.content',
  'with.response.headers',
] as const;

/** Has a gRPC server look at a message and change it. Apigee: ExternalCallout policy reference. */
export const ExternalCallout = policy({
  element: 'ExternalCallout',
  failedPrefix: 'externalcallout',
  children: {
    TimeoutMs: required(integer(1)),
    GrpcConnection: required(
      element({
        children: {
          Server: required(element({ attributes: { name: requiredAttribute(text) } })),
          Authentication: authentication,
        },
      }),
    ),
    Configurations: element({
      children: {
        Property: many(element({ content: boolean, attributes: { name: requiredAttribute(text) } })),
        FlowVariable: many(text),
      },
    }),
  },
  faults,
  compile(config, compiler) {
    const { Server: server, Authentication } = config.GrpcConnection;
    const connection = compiler.grpc(server.name.text, server.name.at);
    const tokens = Authentication === undefined ? undefined : authenticate(Authentication, compiler);
    const sent = sentParts(config.Configurations?.Property ?? [], compiler);
    const prefixes = (config.Configurations?.FlowVariable ?? []).map((one) => one.text).filter((name) => name !== '');
    for (const prefix of prefixes) compiler.reader(prefix);
    const read = contextReader(compiler);
    const writeTarget = targetWriter(compiler);
    const timeout = config.TimeoutMs.text;
    compiler.onDeploy(() => connection.prepare());
    return async (exchange) => {
      const before = fillIn(exchange, read(exchange), sent);
      before.additional_flow_variables = variablesBelow(exchange, prefixes);
      const after = await attempt(async () => {
        const field = await tokens?.field(exchange, connection.audience);
        return connection.call(exchange, before, field === undefined ? [] : [field], timeout);
      });
      raiseFault(after);
      takeOver(exchange, before, after, sent);
      writeTarget(exchange, before.target ?? {}, after.target ?? before.target ?? {});
      setVariables(exchange, after.additional_flow_variables ?? {});
    };
  },
});

interface SentParts {
  readonly request: Sent;
  readonly response: Sent;
}

function sentParts(
  properties: readonly {
    readonly text: boolean | undefined;
    readonly name: { readonly text: string; readonly at: Parameters<Compiler['warning']>[1] };
  }[],
  compiler: Compiler,
): SentParts {
  const on = new Set<string>();
  for (const { name, text: value } of properties) {
    if (!parts.some((part) => part === name.text)) {
      const message = `"${name.text}" is no property of an ExternalCallout; it has no effect.`;
      compiler.warning('ZH635', name.at, message, `Known are ${parts.join(', ')}.`);
    } else if (value === true) on.add(name.text);
  }
  if (on.has('with.request.content')) compiler.needs(BodyNeed.request);
  if (on.has('with.response.content')) compiler.needs(BodyNeed.response | BodyNeed.error);
  const sent = (part: string): Sent => ({
    content: on.has(`with.${part}.content`),
    headers: on.has(`with.${part}.headers`),
  });
  return { request: sent('request'), response: sent('response') };
}

function authenticate(config: NonNullable<Parameters<typeof compileGoogleAuthentication>[0]>, compiler: Compiler) {
  const { googleTokens } = compiler;
  if (!googleTokens.hasSource) {
    const message = 'Authentication asks for a Google token, and there is no source of those: every call fails.';
    compiler.warning('ZH104', config.at, message, noTokensHint);
  }
  const compiled = compileGoogleAuthentication(config, true, googleTokens, {
    template: (source, at) => compiler.template(source, at),
    warning: (...finding) => compiler.warning(...finding),
  });
  if (compiled !== undefined) compiler.needs(compiled.needs);
  return compiled;
}

/** The message of the flow that is running, and no other. */
function fillIn(exchange: Exchange, context: MessageContext, sent: SentParts): MessageContext {
  const { error, fault, response, request } = exchange;
  if (error !== undefined) {
    context.error = { message: fault?.faultstring ?? '', response: responsePart(error, sent.response) };
  } else if (response !== undefined) context.response = responsePart(response, sent.response);
  else context.request = requestPart(request, sent.request);
  return context;
}

function takeOver(exchange: Exchange, before: MessageContext, after: MessageContext, sent: SentParts): void {
  const { error, response, request } = exchange;
  if (error !== undefined)
    applyResponse(error, before.error?.response ?? {}, after.error?.response ?? {}, sent.response);
  else if (response !== undefined) applyResponse(response, before.response ?? {}, after.response ?? {}, sent.response);
  else applyRequest(request, before.request ?? {}, after.request ?? {}, sent.request);
}

/** A fault of the server counts even when the policy goes on after errors. Apigee: external_callout.proto, fault. */
function raiseFault({ fault }: MessageContext): void {
  const name = fault?.name ?? '';
  if (name === '') return;
  const raised = new Fault({ code: `steps.externalcallout.${name}`, status: 500, text: fault?.fault_string ?? '' });
  raised.endsFlow = true;
  throw raised;
}

async function attempt(call: () => Promise<MessageContext>): Promise<MessageContext> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof GrpcFailure)) throw error;
    if (error.kind === 'tls') throw new Fault(faults.tlsInitFailed, error.message);
    const text = 'Encountered the following exception while sending the gRPC request or processing the response';
    throw new Fault(faults.executionError, `${text}: [io.grpc.StatusRuntimeException: ${error.message}].`);
  }
}
