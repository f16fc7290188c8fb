/** The embeddable API: everything a program needs to serve bundles itself. */
export { type Diagnostic, Diagnostics } from './diagnostic.ts';
export { type Log, openLog } from './log.ts';
export { type Gateway, startGateway } from './management/gateway.ts';
export { type Settings, UsageError } from './settings.ts';
