import { Fault } from '../fault.ts';
import { textOf } from '../language/value-text.ts';
import { Body } from '../message/body.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import { required, valueOrRef } from '../schema/declare.ts';
import { text, variable } from '../schema/values.ts';
import { compileParameters, integrationParameters, invalidParameter, valueReader } from './integration-parameters.ts';
import { policy } from './policy.ts';

const faults = {
  incomplete: {
    code: 'steps.setintegrationrequest.IncompleteRequest',
    status: 500,
    text: 'SetIntegrationRequest: the request names no integration',
  },
  invalidParameter,
};

/** zerohop's choice for a policy that names none; IntegrationCallout reads the same. */
export const usualIntegrationRequest = 'integration.request';

/** Makes the request that IntegrationCallout sends. Apigee: SetIntegrationRequest policy reference. */
export const SetIntegrationRequest = policy({
  element: 'SetIntegrationRequest',
  failedPrefix: 'setintegrationrequest',
  children: {
    ProjectId: valueOrRef(text),
    IntegrationName: required(valueOrRef(text)),
    IntegrationRegion: required(valueOrRef(text)),
    ApiTrigger: required(valueOrRef(text)),
    ScheduleTime: valueOrRef(text),
    Parameters: integrationParameters,
    Request: variable,
  },
  faults,
  compile(config, compiler) {
    const { name, organization } = compiler;
    const project = valueReader(config.ProjectId, compiler);
    const integration = valueReader(config.IntegrationName, compiler);
    const region = valueReader(config.IntegrationRegion, compiler);
    const trigger = valueReader(config.ApiTrigger, compiler);
    const time = valueReader(config.ScheduleTime, compiler);
    const parameters = compileParameters(config.Parameters, compiler);
    const variableName = config.Request?.text ?? usualIntegrationRequest;
    const segment = (exchange: Exchange, element: string, read: (exchange: Exchange) => unknown): string => {
      const value = (textOf(read(exchange)) ?? '').trim();
      if (/^[\w.:-]+$/.test(value)) return value;
      throw new Fault(faults.incomplete, `SetIntegrationRequest[${name}]: ${element} is "${value}"`);
    };
    return (exchange) => {
      const at = textOf(time(exchange))?.trim() ?? '';
      const owner = segment(exchange, 'ProjectId', (one) => project(one) ?? organization);
      const place = segment(exchange, 'IntegrationRegion', region);
      const called = segment(exchange, 'IntegrationName', integration);
      const triggerId = (textOf(trigger(exchange)) ?? '').trim();
      if (triggerId === '') throw new Fault(faults.incomplete, `SetIntegrationRequest[${name}]: ApiTrigger is empty`);
      const message = Message.request();
      message.verb = 'POST';
      message.path = `/v1/projects/${owner}/locations/${place}/integrations/${called}:${at === '' ? 'execute' : 'schedule'}`;
      message.headers.set('Content-Type', 'application/json');
      const schedule = at === '' ? {} : { scheduleTime: at };
      message.body = Body.ofText(JSON.stringify({ triggerId, inputParameters: parameters(exchange), ...schedule }));
      exchange.setVariable(variableName, message);
    };
  },
});
