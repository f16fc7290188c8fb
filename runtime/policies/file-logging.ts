import { type ConfigOf, element } from '../schema/declare.ts';
import { boolean, integer, oneOf, rawTemplate, text } from '../schema/values.ts';
import type { LogRotation } from './log-output.ts';
import type { LogContext, LogOutput } from './syslog-logging.ts';

const units = { minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const;

export const logFile = element({
  children: {
    Message: rawTemplate,
    FileName: text,
    FileRotationOptions: element({
      attributes: { rotateFileOnStartup: boolean },
      children: {
        FileRotationType: oneOf('SIZE', 'TIME', 'TIME_SIZE'),
        MaxFileSizeInMB: integer(1),
        RotationFrequency: element({
          content: integer(1),
          attributes: { unit: oneOf('minute', 'hour', 'day', 'week') },
        }),
        MaxFilesToRetain: integer(0),
      },
    }),
  },
});

export function compileLogFile(config: ConfigOf<typeof logFile>, context: LogContext): LogOutput {
  const { compiler } = context;
  const name = config.FileName?.text ?? '';
  if (!/^[\w.-]+$/.test(name) || /^\.+$/.test(name)) {
    const message = name === '' ? 'File names no file.' : `"${name}" is no plain file name.`;
    const hint = 'Write a name without folders, such as <FileName>calls.log</FileName>.';
    compiler.error('ZH425', config.FileName?.at ?? config.at, message, hint);
    return () => undefined;
  }
  const file = compiler.logFile(name, rotationOf(config.FileRotationOptions));
  const message = compiler.template(config.Message?.text ?? '', config.Message?.at ?? config.at, context.template);
  // A line is one record: what a client sends must not begin another.
  return (exchange) => file.write(message.render(exchange).replace(/[\r\n]+/g, ' '));
}

const megabyte = 1024 * 1024;

/** Apigee: MessageLogging reference, FileRotationOptions. Numbers that are not written are zerohop's choice. */
function rotationOf(config: ConfigOf<typeof logFile>['FileRotationOptions']): LogRotation {
  const type = config?.FileRotationType?.text;
  const frequency = config?.RotationFrequency;
  const period = (frequency?.text ?? 1) * units[frequency?.unit?.text ?? 'day'];
  return {
    onStartup: config?.rotateFileOnStartup?.text === true,
    maximumSize: type === 'TIME' ? Number.POSITIVE_INFINITY : (config?.MaxFileSizeInMB?.text ?? 100) * megabyte,
    frequency: type === 'TIME' || type === 'TIME_SIZE' ? period : Number.POSITIVE_INFINITY,
    retained: config?.MaxFilesToRetain?.text ?? 10,
  };
}
