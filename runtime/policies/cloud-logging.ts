import { isNestedDeeper } from '../json-depth.ts';
import type { LogEntry } from '../message/exchange.ts';
import { type ConfigOf, element, ignored, many } from '../schema/declare.ts';
import { rawTemplate, template, text } from '../schema/values.ts';
import type { LogContext, LogLevel, LogOutput } from './syslog-logging.ts';

export const cloudLogging = element({
  children: {
    LogName: template,
    Message: element({ content: rawTemplate, attributes: { contentType: text } }),
    Labels: element({
      children: { Label: many(element({ children: { Key: text, Value: template } })) },
    }),
    ResourceType: ignored,
  },
});

const levels: Readonly<Record<LogLevel, LogEntry['level']>> = {
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
  ALERT: 'error',
};

/** Levels of a JSON text that is logged as JSON; a deeper one stays a text. */
const depthOfJson = 32;

/** zerohop's choice: what is meant for the cloud's log goes to the log of the runtime, as structured lines. */
export function compileCloudLogging(config: ConfigOf<typeof cloudLogging>, context: LogContext): LogOutput {
  const { compiler } = context;
  const compile = (leaf: { readonly text: string; readonly at: typeof config.at } | undefined) =>
    compiler.template(leaf?.text ?? '', leaf?.at ?? config.at, context.template);
  const logName = compile(config.LogName);
  const { Message } = config;
  const message = compiler.template(Message?.text ?? '', Message?.textAt ?? config.at, context.template);
  const isJson = /^application\/json\b/i.test(Message?.contentType?.text ?? '');
  const labels = (config.Labels?.Label ?? []).map((one) => ({ key: one.Key?.text ?? '', value: compile(one.Value) }));
  const level = levels[context.level];
  return (exchange) => {
    const text = message.render(exchange);
    exchange.surroundings.logMessage?.(exchange, {
      policy: compiler.name,
      level,
      logName: logName.render(exchange),
      labels: Object.fromEntries(labels.map(({ key, value }) => [key, value.render(exchange)])),
      message: isJson && !isNestedDeeper(text, depthOfJson) ? jsonOrText(text) : text,
    });
  };
}

/** A text that is no JSON object is logged as it is. */
function jsonOrText(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : text;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
