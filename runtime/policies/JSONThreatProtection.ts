import { Fault } from '../fault.ts';
import { integer, variable } from '../schema/values.ts';
import { checkJson, type JsonLimits, JsonRefused } from './json-limits.ts';
import { isJson } from './payload-text.ts';
import { policy } from './policy.ts';
import { messageSource } from './threat-source.ts';

const limit = integer(-1);

const faults = {
  executionFailed: {
    code: 'steps.jsonthreatprotection.ExecutionFailed',
    status: 500,
    text: 'JSONThreatProtection: Execution failed',
  },
  unavailable: {
    code: 'steps.jsonthreatprotection.SourceUnavailable',
    status: 500,
    text: 'JSONThreatProtection: Source is not available',
  },
  notMessage: {
    code: 'steps.jsonthreatprotection.NonMessageVariable',
    status: 500,
    text: 'JSONThreatProtection: Variable does not resolve to a Message',
  },
};

/** Refuses JSON payloads that are too much for who reads them. Apigee: JSONThreatProtection policy. */
export const JSONThreatProtection = policy({
  element: 'JSONThreatProtection',
  failedPrefix: 'jsonattack',
  children: {
    ArrayElementCount: limit,
    ContainerDepth: limit,
    ObjectEntryCount: limit,
    ObjectEntryNameLength: limit,
    StringValueLength: limit,
    Source: variable,
  },
  faults,
  compile(config, compiler) {
    const limits: JsonLimits = {
      arrayElements: limitOf(config.ArrayElementCount?.text),
      depth: limitOf(config.ContainerDepth?.text),
      entries: limitOf(config.ObjectEntryCount?.text),
      nameLength: limitOf(config.ObjectEntryNameLength?.text),
      stringLength: limitOf(config.StringValueLength?.text),
    };
    const name = `JSONThreatProtection[${compiler.name}]`;
    const source = config.Source?.text ?? 'message';
    const messageOf = messageSource(
      source,
      {
        unavailable: faults.unavailable,
        unavailableText: `${name}:: Source ${source} is not available`,
        notMessage: faults.notMessage,
        notMessageText: `${name}: Variable ${source} does not resolve to a Message`,
      },
      compiler,
    );
    return (exchange) => {
      const message = messageOf(exchange);
      if (!isJson(message)) return;
      // A payload that is streamed past cannot be looked at; letting it through would look like protection.
      if (!message.body.inMemory) throw failed(`${name}: The payload is streamed`);
      // zerohop's choice: no payload is no threat; a GET may say that it speaks JSON.
      if (message.body.isEmpty) return;
      try {
        checkJson(message.content, limits);
      } catch (error) {
        if (!(error instanceof JsonRefused)) throw error;
        throw failed(error.exceeds ? `${name}: ${error.message}` : error.message);
      }
    };

    function failed(reason: string): Fault {
      return new Fault(faults.executionFailed, `${name}: Execution failed. reason: ${reason}`);
    }
  },
});

function limitOf(value: number | undefined): number {
  return value === undefined || value === -1 ? Number.POSITIVE_INFINITY : value;
}
