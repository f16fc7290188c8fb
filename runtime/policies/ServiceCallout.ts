import { httpTargetConnection, localTargetConnection } from '../bundle/target.ts';
import { Fault } from '../fault.ts';
import { SetVariableError } from '../language/variable.ts';
import type { Exchange, Outcome } from '../message/exchange.ts';
import type { Message } from '../message/message.ts';
import { element } from '../schema/declare.ts';
import { flag, integer, text } from '../schema/values.ts';
import { after } from '../state/answer.ts';
import { calloutReason, isOfChain } from './callout-failure.ts';
import { compileCalloutRequest } from './callout-request.ts';
import { messageActions } from './message-actions.ts';
import { type Callout, type Compiler, policy } from './policy.ts';

const faults = {
  executionFailed: {
    code: 'steps.servicecallout.ExecutionFailed',
    status: 500,
    text: 'Execution of ServiceCallout failed',
  },
  notMessage: {
    code: 'steps.servicecallout.RequestVariableNotMessageType',
    status: 500,
    text: 'ServiceCallout: request variable value is not of type Message',
  },
  notRequest: {
    code: 'steps.servicecallout.RequestVariableNotRequestMessageType',
    status: 500,
    text: 'ServiceCallout: request variable value is not of type Request Message',
  },
  unresolvedVariable: {
    code: 'steps.servicecallout.UnresolvedVariable',
    status: 500,
    text: 'ServiceCallout: unable to resolve a variable',
  },
  sourceNotMessage: {
    code: 'steps.servicecallout.VariableOfNonMsgType',
    status: 500,
    text: 'ServiceCallout: value of a variable is not of type Message',
  },
  setVariableFailed: {
    code: 'steps.servicecallout.SetVariableFailed',
    status: 500,
    text: 'ServiceCallout: a variable cannot be set',
  },
};

/** Milliseconds. Apigee: ServiceCallout policy reference, Timeout. */
const usualTimeout = 55_000;

/** Apigee: ServiceCallout policy reference. */
export const ServiceCallout = policy({
  element: 'ServiceCallout',
  failedPrefix: 'servicecallout',
  children: {
    Request: element({
      attributes: { variable: text, clearPayload: flag },
      children: { ...messageActions, IgnoreUnresolvedVariables: flag },
    }),
    Response: text,
    Timeout: integer(),
    HTTPTargetConnection: httpTargetConnection,
    HttpTargetConnection: httpTargetConnection,
    LocalTargetConnection: localTargetConnection,
  },
  faults,
  compile(config, compiler) {
    const http = config.HTTPTargetConnection ?? config.HttpTargetConnection;
    const local = config.LocalTargetConnection;
    const callout = connect(http, local, config.at, compiler);
    const timeout = config.Timeout?.text ?? usualTimeout;
    if (config.Timeout !== undefined && timeout <= 0) {
      const message = `Timeout is ${timeout}; a ServiceCallout that may take no time always fails.`;
      compiler.error('ZH161', config.Timeout.at, message, 'Write milliseconds above 0, or leave <Timeout> out.');
    }
    const request = compileCalloutRequest(config.Request, compiler, faults);
    const name = config.Response?.text ?? '';
    const store = name === '' ? undefined : answerWriter(name, compiler);
    if (callout === undefined) return () => undefined;
    const failed = failureOf(compiler.name);
    const check = (exchange: Exchange, response: Message): void => {
      store?.(exchange, response);
      if (!callout.isError(response.status)) return;
      throw failed(`ResponseCode ${response.status} is treated as error`);
    };
    const fail = (error: unknown): never => {
      if (!(error instanceof Fault) || isOfChain(error)) throw error;
      throw failed(calloutReason(error, compiler.name));
    };
    const send = (exchange: Exchange, message: Message): Outcome => {
      if (store === undefined) return forget(exchange, message, callout, timeout, request.clear);
      let answer: Message | Promise<Message>;
      try {
        answer = callout.send(exchange, message, timeout);
      } catch (error) {
        return fail(error);
      }
      request.clear(message);
      if (!(answer instanceof Promise)) return check(exchange, answer);
      return answer.then((response) => check(exchange, response), fail);
    };
    return (exchange) => after(request.prepare(exchange), (message) => send(exchange, message));
  },
});

function connect(
  http: Parameters<Compiler['callout']>[0]['http'],
  local: Parameters<Compiler['callout']>[0]['local'],
  at: Parameters<Compiler['callout']>[1],
  compiler: Compiler,
): Callout | undefined {
  if (http !== undefined && local !== undefined) {
    const message = 'ServiceCallout has both an HTTPTargetConnection and a LocalTargetConnection.';
    compiler.error('ZH160', local.at, message, 'Keep one of the two.');
    return undefined;
  }
  if (http === undefined && local === undefined) {
    const hint = 'Add <HTTPTargetConnection> with a <URL>, or <LocalTargetConnection>.';
    compiler.error('ZH160', at, 'ServiceCallout has no connection.', hint);
    return undefined;
  }
  return compiler.callout({ http, local }, http?.at ?? local?.at ?? at);
}

/**
 * Stores the answer. `request` cannot hold a response: it takes over payload and type. zerohop's choice, for the public
 * bundles that write so.
 */
function answerWriter(name: string, compiler: Compiler): (exchange: Exchange, response: Message) => void {
  if (name === 'request') {
    return ({ request }, response) => {
      request.body.takeSource()?.cancel();
      request.adoptBody(response.body);
      for (const field of ['Content-Type', 'Content-Encoding']) {
        const value = response.headers.line(field);
        if (value === undefined) request.headers.remove(field);
        else request.headers.set(field, value);
      }
    };
  }
  const write = compiler.writer(name);
  return (exchange, response) => {
    try {
      write(exchange, response);
    } catch (error) {
      if (!(error instanceof SetVariableError)) throw error;
      throw new Fault(faults.setVariableFailed, `ServiceCallout[${compiler.name}]: ${error.message}`);
    }
  };
}

/** Fire and forget: the flow goes on at once, and whatever comes of the call is ignored. */
function forget(
  exchange: Exchange,
  message: Message,
  callout: Callout,
  timeout: number,
  clear: (message: Message) => void,
): void {
  const ignore = (error: unknown): void => {
    if (!(error instanceof Fault)) exchange.surroundings.report(error, exchange);
  };
  try {
    const answer = callout.send(exchange, message, timeout, true);
    if (answer instanceof Promise) answer.then(() => undefined, ignore);
  } catch (error) {
    ignore(error);
  }
  clear(message);
}

function failureOf(name: string): (reason: string) => Fault {
  return (reason) => new Fault(faults.executionFailed, `Execution of ServiceCallout ${name} failed. Reason: ${reason}`);
}
