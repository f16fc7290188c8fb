import type { Log } from '../log.ts';
import type { Meter, Tracer } from '../message/span.ts';
import { createTracer } from './call-span.ts';
import { type Exporter, readConfiguration, type TelemetryConfiguration } from './configuration.ts';
import { exportLog } from './export-log.ts';
import { createMeter } from './meter.ts';
import { createPropagators } from './propagation.ts';

/** Telemetry as the standard variables ask for it. */
export interface Telemetry {
  readonly tracer: Tracer | undefined;
  readonly meter: Meter | undefined;
  /** Sends what is still held, as far as the collector takes it, then stops. */
  close(): Promise<void>;
}

/**
 * Undefined when nothing is asked for: the packages are then not even loaded. Sampler, batches, endpoints, headers and
 * resource are read from their variables by the SDK itself.
 */
export async function openTelemetry(
  variables: NodeJS.ProcessEnv,
  version: string,
  log: Log,
): Promise<Telemetry | undefined> {
  const configuration = readConfiguration(variables);
  for (const warning of configuration.warnings) log.warn({ telemetry: warning }, 'telemetry');
  const { traces, metrics } = configuration;
  if (traces === undefined && metrics === undefined) return undefined;
  const { diag, DiagLogLevel } = await import('@opentelemetry/api');
  diag.setLogger(exportLog(log), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const tracing = traces === undefined ? undefined : await openTracing(traces, configuration, version);
  const measuring = metrics === undefined ? undefined : await openMeasuring(metrics, configuration, version);
  log.info({ traces, metrics }, 'telemetry is exported');
  return {
    tracer: tracing?.tracer,
    meter: measuring?.meter,
    close: async () => {
      // A collector that is down is told of by the SDK, and keeps nothing from ending.
      await Promise.allSettled([tracing?.close(), measuring?.close()]);
    },
  };
}

/** `service.name` is zerohop unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES say otherwise. */
async function resourceOf(version: string) {
  const { defaultResource, detectResources, envDetector, resourceFromAttributes } = await import(
    '@opentelemetry/resources'
  );
  return defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'zerohop', 'service.version': version }))
    .merge(detectResources({ detectors: [envDetector] }));
}

async function openTracing(kind: Exporter, configuration: TelemetryConfiguration, version: string) {
  const { ROOT_CONTEXT, trace } = await import('@opentelemetry/api');
  const { BasicTracerProvider, BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor } = await import(
    '@opentelemetry/sdk-trace-base'
  );
  const processor =
    kind === 'console'
      ? new SimpleSpanProcessor(new ConsoleSpanExporter())
      : new BatchSpanProcessor(await spanExporter(kind));
  const provider = new BasicTracerProvider({ resource: await resourceOf(version), spanProcessors: [processor] });
  const tracer = createTracer({
    maker: provider.getTracer('zerohop', version),
    trace,
    root: ROOT_CONTEXT,
    propagators: await createPropagators(configuration.propagators),
  });
  return { tracer, close: () => provider.shutdown() };
}

async function spanExporter(kind: 'http/protobuf' | 'http/json') {
  const { OTLPTraceExporter } =
    kind === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter();
}

async function openMeasuring(kind: Exporter, { metricInterval }: TelemetryConfiguration, version: string) {
  const { ConsoleMetricExporter, MeterProvider, PeriodicExportingMetricReader } = await import(
    '@opentelemetry/sdk-metrics'
  );
  const exporter = kind === 'console' ? new ConsoleMetricExporter() : await metricExporter(kind);
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: metricInterval,
    exportTimeoutMillis: Math.min(metricInterval, 30_000),
  });
  const provider = new MeterProvider({ resource: await resourceOf(version), readers: [reader] });
  return { meter: createMeter(provider.getMeter('zerohop', version)), close: () => provider.shutdown() };
}

async function metricExporter(kind: 'http/protobuf' | 'http/json') {
  const { OTLPMetricExporter } =
    kind === 'http/json'
      ? await import('@opentelemetry/exporter-metrics-otlp-http')
      : await import('@opentelemetry/exporter-metrics-otlp-proto');
  return new OTLPMetricExporter();
}
