import { Fault } from '../fault.ts';
import { type Exchange, type Outcome, Phase } from '../message/exchange.ts';
import { boolean, oneOf } from '../schema/values.ts';
import { cloudLogging, compileCloudLogging } from './cloud-logging.ts';
import { compileLogFile, logFile } from './file-logging.ts';
import { LogFailure } from './log-output.ts';
import { policy } from './policy.ts';
import { compileSyslog, logLevels, syslog } from './syslog-logging.ts';

const faults = {
  failed: {
    code: 'steps.messagelogging.StepDefinitionExecutionFailed',
    status: 500,
    text: 'A message could not be logged',
  },
};

/** Writes to a log. Apigee: MessageLogging policy reference. */
export const MessageLogging = policy({
  element: 'MessageLogging',
  failedPrefix: 'messagelogging',
  children: {
    Syslog: syslog,
    CloudLogging: cloudLogging,
    File: logFile,
    logLevel: oneOf(...logLevels),
    // Nothing waits in a buffer of its own here: connections and files are written as fast as they take it.
    BufferMessage: boolean,
    IgnoreUnresolvedVariables: boolean,
  },
  faults,
  compile(config, compiler) {
    const { Syslog, CloudLogging, File } = config;
    const level = config.logLevel?.text ?? 'INFO';
    // zerohop's choice: a log must not break traffic.
    const ignores = config.IgnoreUnresolvedVariables?.text ?? true;
    const unresolved = (name: string): never => {
      const text = `MessageLogging[${compiler.name}]: unable to resolve variable ${name}`;
      throw new Fault(faults.failed, text);
    };
    const context = { compiler, level, template: ignores ? {} : { unresolved } };
    const outputs = [
      ...(Syslog === undefined ? [] : [compileSyslog(Syslog, context)]),
      ...(CloudLogging === undefined ? [] : [compileCloudLogging(CloudLogging, context)]),
      ...(File === undefined ? [] : [compileLogFile(File, context)]),
    ];
    if (outputs.length === 0) {
      const hint = 'Add <Syslog>, <CloudLogging> or <File>.';
      compiler.warning('ZH420', config.at, 'MessageLogging has no destination; it does nothing.', hint);
    }
    const failed = (error: unknown): never => {
      if (!(error instanceof LogFailure)) throw error;
      throw new Fault(faults.failed, `MessageLogging[${compiler.name}]: ${error.message}`);
    };
    return (exchange) => {
      let waiting: Promise<void> | undefined;
      for (const output of outputs) {
        try {
          const outcome = output(exchange);
          if (outcome !== undefined) waiting = waiting === undefined ? outcome : waiting.then(() => outcome);
        } catch (error) {
          failed(error);
        }
      }
      return after(waiting, exchange, failed);
    };
  },
});

/** Behind the answer nobody waits any more, and the failure is the log's own business: it is reported, not raised. */
function after(waiting: Promise<void> | undefined, exchange: Exchange, failed: (error: unknown) => never): Outcome {
  if (waiting === undefined) return undefined;
  if (exchange.phase !== Phase.postClient) return waiting.catch(failed);
  waiting.catch((error: unknown) => exchange.surroundings.report(error, exchange));
  return undefined;
}
