import { Fault } from '../fault.ts';
import { toText } from '../language/variables.ts';
import { type Exchange, Phase } from '../message/exchange.ts';
import { element, required, requiredAttribute } from '../schema/declare.ts';
import { boolean, integer, text, variable } from '../schema/values.ts';
import { type Answer, after } from '../state/answer.ts';
import type { Counted } from '../state/store.ts';
import { compileCounterKey, defaultIdentifier } from './counter-key.ts';
import { type Compiler, policy } from './policy.ts';
import { compileWhenAnswered } from './store-answer.ts';

const faults = {
  violation: {
    code: 'policies.concurrentratelimit.ConcurrentRatelimitViolation',
    status: 503,
    text: 'ConcurrentRatelimit connection exceeded.',
  },
};

/** Seconds after which a connection no longer counts, whoever forgot to give it back. zerohop's choice. */
const defaultTtl = 300;

/** Bounds how many connections to a target are open at once. Apigee Edge: ConcurrentRatelimit policy. */
export const ConcurrentRatelimit = policy({
  element: 'ConcurrentRatelimit',
  failedPrefix: 'concurrentratelimit',
  children: {
    AllowConnections: required(element({ attributes: { count: requiredAttribute(integer(1)), ttl: integer(1) } })),
    TargetIdentifier: element({ attributes: { name: text, ref: variable } }),
    // The count is exact in one store, and a ttl is always kept.
    Distributed: boolean,
    StrictOnTtl: boolean,
    Synchronous: boolean,
  },
  faults,
  compile(config, compiler) {
    checkPlaces(compiler);
    const { name, store } = compiler;
    const limit = config.AllowConnections.count.text;
    const lifetime = (config.AllowConnections.ttl?.text ?? defaultTtl) * 1000;
    const key = compileCounterKey('concurrentratelimit', compiler, [name]);
    const target = config.TargetIdentifier;
    const read = target?.ref === undefined ? undefined : compiler.reader(target.ref.text);
    const literal = target?.name === undefined || target.name.text === '' ? defaultIdentifier : target.name.text;
    const whenAnswered = compileWhenAnswered();
    const set = connectionVariables(name, limit);
    const open = new WeakMap<Exchange, () => Answer<unknown>>();

    const begin = (exchange: Exchange): Answer<void> => {
      const value = read?.(exchange);
      const identifier = value === undefined || value === null || value === '' ? literal : toText(value);
      const counter = key(exchange, identifier);
      const began = Date.now();
      const settle = ({ counted, value: used }: Counted): void => {
        set(exchange, identifier, used, !counted);
        if (!counted) {
          throw new Fault(faults.violation, `ConcurrentRatelimit connection exceeded. Connection limit : ${limit}`);
        }
        open.set(exchange, () => {
          // After its time it no longer counts: what is given back would be another's.
          if (Date.now() - began >= lifetime) return undefined;
          return store.count(counter, { amount: -1, limit, lifetime, rolling: true });
        });
        exchange.finishing ??= [];
        // However the call ends, also where no response flow and no fault rule runs the policy.
        exchange.finishing.push(() => void end(exchange));
      };
      const answer = store.count(counter, { amount: 1, limit, lifetime, rolling: true });
      return whenAnswered(exchange, answer, settle, () => set(exchange, identifier, 0, false));
    };

    const end = (exchange: Exchange): Answer<void> => {
      const giveBack = open.get(exchange);
      if (giveBack === undefined) return undefined;
      open.delete(exchange);
      return whenAnswered(exchange, after(giveBack(), noted), noted, noted);
    };

    return (exchange) =>
      exchange.phase <= Phase.targetRequest && exchange.error === undefined ? begin(exchange) : end(exchange);
  },
});

function noted(): void {
  // The count is back where it was; the policy has nothing to add.
}

function connectionVariables(name: string, limit: number) {
  const at = (rest: string): string => `concurrentratelimit.${name}.${rest}`;
  const [allowed, used, available] = [at('allowed.count'), at('used.count'), at('available.count')];
  const [identified, failed] = [at('identifier'), at('failed')];
  return (exchange: Exchange, identifier: string, value: number, refuses: boolean): void => {
    exchange.setVariable(allowed, limit);
    exchange.setVariable(used, value);
    exchange.setVariable(available, Math.max(0, limit - value));
    exchange.setVariable(identified, identifier);
    exchange.setVariable(failed, refuses);
  };
}

/** Apigee Edge: ConcurrentRatelimit policy, deployment errors. */
function checkPlaces(compiler: Compiler): void {
  const attachments = compiler.attachments();
  const hint = 'Attach it to request, response and DefaultFaultRule of the TargetEndpoint.';
  for (const { endpoint, at } of attachments) {
    if (endpoint !== 'proxy') continue;
    const message = `"${compiler.name}" cannot stand in a ProxyEndpoint (ConcurrentRatelimitStepAttachmentNotAllowedAtProxyEndpoint).`;
    compiler.error('ZH523', at, message, hint);
  }
  const atTarget = attachments.filter(({ endpoint }) => endpoint === 'target');
  const [first] = atTarget;
  if (first === undefined) return;
  const parts = new Set(atTarget.map(({ part }) => part));
  if (!parts.has('request') || !parts.has('response')) {
    const missing = parts.has('request') ? 'response' : 'request';
    const message = `"${compiler.name}" is missing in the ${missing} of the TargetEndpoint (ConcurrentRatelimitStepAttachmentMissingAtTargetEndpoint).`;
    compiler.error('ZH524', first.at, message, hint);
  } else if (!parts.has('defaultFaultRule')) {
    const message = `"${compiler.name}" is not in the DefaultFaultRule of the TargetEndpoint; here its count is given back all the same.`;
    compiler.warning('ZH524', first.at, message, hint);
  }
}
