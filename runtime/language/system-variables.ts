import { hostname } from 'node:os';
import { timeText } from './time-text.ts';
import { type Reader, readOnly, type Variable } from './variable.ts';

/** This machine, and the moment of reading (in UTC). Apigee: flow variables reference, `system`. */
export const systemVariables: ReadonlyMap<string, Variable> = new Map(
  Object.entries({
    'system.timestamp': () => Date.now(),
    'system.time': () => timeText(Date.now()),
    'system.time.year': () => new Date().getUTCFullYear(),
    'system.time.month': () => new Date().getUTCMonth() + 1,
    'system.time.day': () => new Date().getUTCDate(),
    // As java.util.Calendar counts: Sunday is 1.
    'system.time.dayofweek': () => new Date().getUTCDay() + 1,
    'system.time.hour': () => new Date().getUTCHours(),
    'system.time.minute': () => new Date().getUTCMinutes(),
    'system.time.second': () => new Date().getUTCSeconds(),
    'system.time.millisecond': () => new Date().getUTCMilliseconds(),
    'system.time.zone': () => 'UTC',
    'system.uuid': (exchange) => exchange.surroundings.cdnLoopId,
    'router.uuid': (exchange) => exchange.surroundings.cdnLoopId,
    'system.pod.name': () => hostname(),
    // zerohop's choice: there is one region.
    'system.region.name': () => 'local',
  } satisfies Record<string, Reader>).map(([name, read]) => [name, readOnly(read)]),
);
