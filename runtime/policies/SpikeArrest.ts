import { Fault } from '../fault.ts';
import { element, required } from '../schema/declare.ts';
import { boolean, variable } from '../schema/values.ts';
import { compileWeight, messageWeight } from './message-weight.ts';
import { type Compiler, policy } from './policy.ts';
import { compileRate, rateElement } from './rate.ts';
import { compileWhenAnswered } from './store-answer.ts';
import { compileThrottle, identifierOf, type Passage } from './throttle.ts';

const faults = {
  violation: { code: 'policies.ratelimit.SpikeArrestViolation', status: 429, text: 'Spike arrest violation.' },
  invalidMessageWeight: {
    code: 'policies.ratelimit.InvalidMessageWeight',
    status: 500,
    text: 'Invalid message weight value',
  },
  unresolvedRate: {
    code: 'policies.ratelimit.FailedToResolveSpikeArrestRate',
    status: 500,
    text: 'Failed to resolve Spike Arrest Rate reference',
  },
  // What comes by reference and is no rate: zerohop's choice.
  invalidRate: { code: 'policies.ratelimit.InvalidAllowedRate', status: 500, text: 'Invalid spike arrest rate' },
};

/** Refuses requests that come faster than a rate. Apigee: SpikeArrest policy. */
export const SpikeArrest = policy({
  element: 'SpikeArrest',
  failedPrefix: 'ratelimit',
  children: {
    Rate: required(rateElement),
    Identifier: element({ attributes: { ref: variable } }),
    MessageWeight: messageWeight,
    UseEffectiveCount: boolean,
  },
  faults,
  compile(config, compiler) {
    warnOfResponses(compiler);
    const rateOf = compileRate(config.Rate, 'SpikeArrest', faults, compiler);
    const weightOf = compileWeight(config.MessageWeight, faults.invalidMessageWeight, compiler);
    const readIdentifier =
      config.Identifier?.ref === undefined ? undefined : compiler.reader(config.Identifier.ref.text);
    const throttle = compileThrottle('spikearrest', config.UseEffectiveCount?.text ?? false, compiler);
    const whenAnswered = compileWhenAnswered();
    const names = passageVariables(compiler.name);
    return (exchange) => {
      const rate = rateOf(exchange);
      if (rate === undefined) return undefined;
      const identifier = identifierOf(readIdentifier?.(exchange));
      const passage = throttle(exchange, identifier, rate, weightOf(exchange));
      const settle = ({ passed, available }: Passage): void => {
        exchange.setVariable(names.available, available);
        exchange.setVariable(names.exceed, passed ? 0 : 1);
        exchange.setVariable(names.failed, !passed);
        if (!passed) throw new Fault(faults.violation, `Spike arrest violation. Allowed rate : ${rate.shown}`);
      };
      return whenAnswered(exchange, passage, settle, () => settle(unknownPassage));
    };
  },
});

/** A spike is nothing that can be told from a store that does not answer: requests pass. zerohop's choice. */
const unknownPassage: Passage = { passed: true, available: 1 };

function passageVariables(name: string) {
  return {
    available: `ratelimit.${name}.available.count`,
    exceed: `ratelimit.${name}.exceed.count`,
    failed: `ratelimit.${name}.failed`,
  };
}

function warnOfResponses(compiler: Compiler): void {
  for (const { part, at } of compiler.attachments()) {
    if (part !== 'response') continue;
    const message = `SpikeArrest "${compiler.name}" stands in a response flow, where the target has answered already.`;
    compiler.warning('PO042', at, message, 'Attach it to a request flow.');
  }
}
