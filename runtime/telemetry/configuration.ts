/** What the standard variables ask for. OpenTelemetry specification: environment variables. */
export interface TelemetryConfiguration {
  readonly traces: Exporter | undefined;
  readonly metrics: Exporter | undefined;
  /** Names of `OTEL_PROPAGATORS` that are known, in order. */
  readonly propagators: readonly Propagation[];
  /** Milliseconds between two exports of metrics. */
  readonly metricInterval: number;
  /** What cannot be met as asked; texts for the log. */
  readonly warnings: readonly string[];
}

export type Exporter = 'http/protobuf' | 'http/json' | 'console';
export type Propagation = 'tracecontext' | 'b3' | 'b3multi';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads the variables. Unlike an SDK that a program starts on purpose, nothing is on until an endpoint or an exporter is
 * named: zerohop's choice, so that nothing tries to reach a collector that was never meant to be there.
 */
export function readConfiguration(variables: Variables): TelemetryConfiguration {
  const warnings: string[] = [];
  const isOff = textOf(variables, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true';
  const exporter = (signal: 'TRACES' | 'METRICS'): Exporter | undefined =>
    isOff ? undefined : exporterOf(signal, variables, warnings);
  return {
    traces: exporter('TRACES'),
    metrics: exporter('METRICS'),
    propagators: propagatorsOf(textOf(variables, 'OTEL_PROPAGATORS'), warnings),
    metricInterval: intervalOf(textOf(variables, 'OTEL_METRIC_EXPORT_INTERVAL'), warnings),
    warnings: isOff ? [] : warnings,
  };
}

function exporterOf(signal: 'TRACES' | 'METRICS', variables: Variables, warnings: string[]): Exporter | undefined {
  const variable = `OTEL_${signal}_EXPORTER`;
  const endpoint =
    textOf(variables, `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`) ?? textOf(variables, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  const asked = textOf(variables, variable) ?? (endpoint === undefined ? 'none' : 'otlp');
  for (const name of asked.split(',').map((one) => one.trim().toLowerCase())) {
    if (name === 'otlp') return protocolOf(signal, variables, warnings);
    if (name === 'console') return 'console';
    // Prometheus text is served by the management port whatever is exported.
    if (name !== 'none' && !(name === 'prometheus' && signal === 'METRICS')) {
      warnings.push(`${variable} is "${name}", which is not supported: otlp, console, none are.`);
    }
  }
  return undefined;
}

function protocolOf(signal: 'TRACES' | 'METRICS', variables: Variables, warnings: string[]): Exporter | undefined {
  const variable = `OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`;
  const protocol = textOf(variables, variable) ?? textOf(variables, 'OTEL_EXPORTER_OTLP_PROTOCOL') ?? 'http/protobuf';
  if (protocol === 'http/protobuf' || protocol === 'http/json') return protocol;
  warnings.push(
    `OTEL_EXPORTER_OTLP_PROTOCOL is "${protocol}", which is not supported: http/protobuf (port 4318) and http/json are. No ${signal.toLowerCase()} are exported.`,
  );
  return undefined;
}

function propagatorsOf(text = 'tracecontext,baggage', warnings: string[]): Propagation[] {
  const found = new Set<Propagation>();
  for (const name of text.split(',').map((one) => one.trim().toLowerCase())) {
    if (name === 'tracecontext' || name === 'b3' || name === 'b3multi') found.add(name);
    // Baggage is a header like others: it goes on to targets as it came.
    else if (name !== 'baggage' && name !== 'none' && name !== '') {
      warnings.push(
        `OTEL_PROPAGATORS names "${name}", which is not supported: tracecontext, baggage, b3, b3multi are.`,
      );
    }
  }
  return [...found];
}

const usualInterval = 60_000;

function intervalOf(text: string | undefined, warnings: string[]): number {
  if (text === undefined) return usualInterval;
  const interval = /^\d+$/.test(text) ? Number(text) : 0;
  if (interval > 0) return interval;
  warnings.push(`OTEL_METRIC_EXPORT_INTERVAL is "${text}"; it is a number of milliseconds. It is taken as 60000.`);
  return usualInterval;
}

/** The specification: an empty value is the same as none. */
function textOf(variables: Variables, name: string): string | undefined {
  const text = variables[name]?.trim();
  return text === '' ? undefined : text;
}
