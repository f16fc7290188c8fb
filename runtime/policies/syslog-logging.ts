import { hostname } from 'node:os';
import { sslInfo } from '../bundle/target.ts';
import { compileDateFormat } from '../language/date-format.ts';
import { PatternError } from '../language/pattern.ts';
import type { Exchange, Outcome } from '../message/exchange.ts';
import { type ConfigOf, element, many } from '../schema/declare.ts';
import { boolean, rawTemplate, template, text } from '../schema/values.ts';
import { LogFailure } from './log-output.ts';
import type { Compiler, TemplateRequest } from './policy.ts';

export const logLevels = ['INFO', 'WARN', 'ERROR', 'ALERT'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What the destinations of MessageLogging share. */
export interface LogContext {
  readonly compiler: Compiler;
  readonly level: LogLevel;
  readonly template: TemplateRequest;
}

/** One destination, compiled. @throws LogFailure */
export type LogOutput = (exchange: Exchange) => Outcome;

export const syslog = element({
  children: {
    Message: rawTemplate,
    Host: template,
    Port: template,
    Protocol: text,
    FormatMessage: boolean,
    PayloadOnly: boolean,
    DateFormat: text,
    // Some bundles repeat SSLInfo: the first counts.
    SSLInfo: many(sslInfo),
  },
});

/** RFC 5424 section 6.2.1: facility 1 (user), and the severity of the level. */
const priorities: Readonly<Record<LogLevel, number>> = { INFO: 14, WARN: 12, ERROR: 11, ALERT: 9 };

export function compileSyslog(config: ConfigOf<typeof syslog>, context: LogContext): LogOutput {
  const { compiler } = context;
  const protocol = protocolOf(config, compiler);
  const [tls] = config.SSLInfo;
  if (tls !== undefined && protocol === 'UDP') {
    const message = 'SSLInfo has no effect over UDP; records go out in plain text.';
    compiler.warning('ZH423', tls.at, message, 'Write <Protocol>TCP</Protocol>.');
  }
  const connection = compiler.syslog(protocol, protocol === 'UDP' ? undefined : tls);
  const message = compiler.template(config.Message?.text ?? '', config.Message?.at ?? config.at, context.template);
  const host = compiler.template(config.Host?.text || 'localhost', config.Host?.at ?? config.at, context.template);
  const port = compilePort(config, context);
  const head =
    config.PayloadOnly?.text === true || config.FormatMessage?.text !== true ? undefined : header(config, context);
  return (exchange) => {
    // A record is one line: what a client sends must not begin another.
    const line = message.render(exchange).replace(/[\r\n]+/g, ' ');
    const record = head === undefined ? line : `${head()}${line}`;
    return connection.send(exchange, host.render(exchange).trim(), port(exchange), record);
  };
}

function protocolOf(config: ConfigOf<typeof syslog>, compiler: Compiler): 'TCP' | 'UDP' {
  const written = config.Protocol;
  const name = written?.text.toUpperCase() ?? '';
  if (name === 'TCP' || name === 'UDP') return name;
  if (written !== undefined && name !== '') {
    const message = `"${written.text}" is no protocol of syslog (InvalidProtocol).`;
    compiler.error('ZH421', written.at, message, 'Write TCP or UDP.');
  }
  return 'UDP';
}

function compilePort(
  config: ConfigOf<typeof syslog>,
  { compiler, template }: LogContext,
): (exchange: Exchange) => number {
  const written = config.Port;
  if (written === undefined || written.text === '') return () => 514;
  const port = compiler.template(written.text, written.at, template);
  const { constant } = port;
  if (constant !== undefined) {
    const number = portNumber(constant) ?? 514;
    if (portNumber(constant) === undefined) {
      compiler.error('ZH422', written.at, `"${constant}" is no port (InvalidPort).`, 'Write a number from 1 to 65535.');
    }
    return () => number;
  }
  return (exchange) => {
    const text = port.render(exchange).trim();
    const number = portNumber(text);
    if (number === undefined) throw new LogFailure(`"${text}" is no port`);
    return number;
  };
}

function portNumber(text: string): number | undefined {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= 65_535 ? number : undefined;
}

/** RFC 5424 section 6.2, without structured data. */
function header(config: ConfigOf<typeof syslog>, { compiler, level }: LogContext): () => string {
  const format = dateFormat(config, compiler);
  const start = `<${priorities[level]}>1 `;
  const rest = ` ${hostname()} zerohop - - - `;
  return () => `${start}${format(Date.now())}${rest}`;
}

function dateFormat(config: ConfigOf<typeof syslog>, compiler: Compiler): (milliseconds: number) => string {
  const written = config.DateFormat;
  const usual = compileDateFormat("yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
  if (written === undefined || written.text === '') return usual;
  try {
    return compileDateFormat(written.text);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    compiler.error('ZH424', written.at, `"${written.text}" is no format of a date: ${error.message}.`);
    return usual;
  }
}
