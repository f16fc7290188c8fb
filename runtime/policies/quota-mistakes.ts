import type { Place } from '../diagnostic.ts';
import type { Compiler } from './policy.ts';
import type { QuotaConfig } from './quota-elements.ts';
import { startTimeOf, timeUnitOf } from './quota-window.ts';

/** What keeps a quota from being deployed, by the platform's names. Apigee: Quota policy, deployment errors. */
export function checkQuota(config: QuotaConfig, compiler: Compiler): void {
  const product = config.UseQuotaConfigInAPIProduct;
  checkPeriod(config, config, compiler);
  if (product?.DefaultConfig !== undefined) checkPeriod(product.DefaultConfig, config, compiler);
  checkStartTime(config, compiler);
  checkAsynchronous(config, compiler);
  if (config.EnforceOnly?.text === true && config.CountOnly?.text === true) {
    const hint = 'Keep EnforceOnly in the policy of the request, CountOnly in that of the response.';
    compiler.error('ZH519', config.CountOnly.at, 'EnforceOnly and CountOnly exclude each other.', hint);
  }
  if (product === undefined) warnOfGaps(config, compiler);
}

function checkPeriod(period: Pick<QuotaConfig, 'Interval' | 'TimeUnit'>, quota: QuotaConfig, compiler: Compiler): void {
  const { Interval, TimeUnit } = period;
  const interval = Interval?.text ?? '';
  if (Interval !== undefined && interval !== '' && !/^\+?0*[1-9]\d*$/.test(interval)) {
    const message = `Invalid quota interval ${interval} in quota policy ${compiler.name}. (InvalidQuotaInterval)`;
    compiler.error('ZH512', Interval.textAt, message, 'Write a whole number from 1.');
  }
  const unit = TimeUnit?.text ?? '';
  if (TimeUnit === undefined || unit === '') return;
  if (timeUnitOf(unit) === undefined) {
    const message = `Invalid quota time unit ${unit} in quota policy ${compiler.name}. (InvalidQuotaTimeUnit)`;
    compiler.error('ZH513', TimeUnit.textAt, message, 'Write second, minute, hour, day, week or month.');
  } else if (timeUnitOf(unit) === 'second' && quota.Distributed?.text === true) {
    const message = 'A distributed quota has no TimeUnit of seconds (InvalidTimeUnitForDistributedQuota).';
    compiler.error('ZH516', TimeUnit.textAt, message, 'Count by the minute, or remove <Distributed>.');
  }
}

function checkStartTime(config: QuotaConfig, compiler: Compiler): void {
  const type = config.type?.text;
  const { StartTime } = config;
  if (StartTime === undefined || StartTime.text === '') {
    if (type === 'calendar' && config.UseQuotaConfigInAPIProduct === undefined) {
      const message = 'A quota of type calendar needs a <StartTime> (InvalidStartTime).';
      compiler.error('ZH514', config.at, message, 'Add <StartTime>2024-01-01 00:00:00</StartTime>.');
    }
    return;
  }
  if (startTimeOf(StartTime.text) === undefined) {
    const message = `"${StartTime.text}" is no start time (InvalidStartTime).`;
    compiler.error('ZH514', StartTime.at, message, 'Write it as yyyy-MM-dd HH:mm:ss, in UTC.');
  }
  if (type === 'calendar') return;
  const hint = 'Write type="calendar", or remove <StartTime>.';
  if (type === undefined) {
    compiler.warning('ZH515', StartTime.at, 'Without type="calendar", <StartTime> has no effect.', hint);
  } else {
    const message = `A quota of type ${type} has no <StartTime> (StartTimeNotSupported).`;
    compiler.error('ZH515', StartTime.at, message, hint);
  }
}

function checkAsynchronous(config: QuotaConfig, compiler: Compiler): void {
  const asynchronous = config.AsynchronousConfiguration;
  if (asynchronous === undefined) return;
  const { SyncIntervalInSeconds: interval } = asynchronous;
  if (interval !== undefined && interval.text < 0) {
    const message = 'SyncIntervalInSeconds is below 0 (InvalidSynchronizeIntervalForAsyncConfiguration).';
    compiler.error('ZH517', interval.at, message, 'Write a number of seconds.');
  }
  if (config.Synchronous?.text === true) {
    const message =
      'A synchronous quota has no AsynchronousConfiguration (InvalidAsynchronizeConfigurationForSynchronousQuota).';
    compiler.error('ZH518', asynchronous.at, message, 'Remove it, or write <Synchronous>false</Synchronous>.');
  }
}

/** What raises a fault, or refuses everything, when a request runs. */
function warnOfGaps(config: QuotaConfig, compiler: Compiler): void {
  const { Allow, Interval, TimeUnit } = config;
  const hasLimit = Allow !== undefined && (Allow.count ?? Allow.text ?? Allow.countRef ?? Allow.Class) !== undefined;
  if (!hasLimit && config.CountOnly?.text !== true) {
    warn(Allow?.at ?? config.at, 'No limit is given; every request is refused.', 'Add <Allow count="100"/>.');
  }
  if (isBare(Interval)) warn(Interval?.at ?? config.at, '<Interval> is missing; running the policy raises a fault.');
  if (isBare(TimeUnit)) warn(TimeUnit?.at ?? config.at, '<TimeUnit> is missing; running the policy raises a fault.');

  function warn(at: Place, message: string, hint?: string): void {
    compiler.warning('ZH520', at, message, hint);
  }
}

function isBare(config: QuotaConfig['Interval']): boolean {
  return config === undefined || ((config.text === undefined || config.text === '') && config.ref === undefined);
}
