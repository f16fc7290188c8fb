/** A line of MessageLogging for the log of the runtime. */
export interface LogEntry {
  readonly policy: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly logName: string;
  readonly labels: Readonly<Record<string, string>>;
  /** A text, or the value of a JSON text. */
  readonly message: unknown;
}
