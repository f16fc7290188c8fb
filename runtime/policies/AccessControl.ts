import type { Place } from '../diagnostic.ts';
import { Fault } from '../fault.ts';
import { addressBits, type IpAddress, type IpBlock, ipBlock, parseIpAddress } from '../language/ip-address.ts';
import { type Reader, toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { type ConfigOf, element, many, required } from '../schema/declare.ts';
import { boolean, oneOf, template, variable } from '../schema/values.ts';
import { type Compiler, policy } from './policy.ts';

const action = oneOf('ALLOW', 'DENY');

const sourceAddress = element({ content: template, attributes: { mask: template } });

const ipRules = element({
  attributes: { noRuleMatchAction: action },
  children: { MatchRule: many(element({ attributes: { action }, children: { SourceAddress: many(sourceAddress) } })) },
});

const faults = {
  denied: { code: 'steps.accesscontrol.IPDeniedAccess', status: 403, text: 'Access Denied for client ip' },
  noAddress: {
    code: 'steps.accesscontrol.InvalidIPAddressInVariable',
    status: 500,
    text: 'The variable of ClientIPVariable holds no IP address',
  },
  badRule: {
    code: 'steps.accesscontrol.InvalidRulePattern',
    status: 500,
    text: 'A SourceAddress is not an IP address with a mask',
  },
};

/** Admits or refuses a request by the addresses it comes from. Apigee: AccessControl policy. */
export const AccessControl = policy({
  element: 'AccessControl',
  failedPrefix: 'acl',
  children: {
    IPRules: required(ipRules),
    ValidateBasedOn: oneOf('X_FORWARDED_FOR_ALL_IP', 'X_FORWARDED_FOR_FIRST_IP', 'X_FORWARDED_FOR_LAST_IP'),
    ClientIPVariable: variable,
    IgnoreTrueClientIPHeader: boolean,
  },
  faults,
  compile(config, compiler) {
    const refuses = compileRules(config.IPRules, compiler);
    const check = (exchange: Exchange, text: string): void => {
      if (refuses(exchange, parseIpAddress(text)))
        throw new Fault(faults.denied, `Access Denied for client ip : ${text}`);
    };
    const clientIp = config.ClientIPVariable;
    if (clientIp !== undefined) {
      const read = compiler.reader(clientIp.text);
      return (exchange) => {
        const text = toText(read(exchange)).trim();
        if (parseIpAddress(text) === undefined) {
          throw new Fault(faults.noAddress, `The variable ${clientIp.text} holds no IP address in ${compiler.name}`);
        }
        check(exchange, text);
      };
    }
    const trustsTrueClientIp = config.IgnoreTrueClientIPHeader?.text !== true;
    const select = selections[config.ValidateBasedOn?.text ?? 'X_FORWARDED_FOR_ALL_IP'];
    const peer = compiler.reader('client.ip');
    return (exchange) => {
      const trueClientIp = trustsTrueClientIp ? exchange.request.headers.line('true-client-ip')?.trim() : undefined;
      if (trueClientIp !== undefined && parseIpAddress(trueClientIp) !== undefined) check(exchange, trueClientIp);
      else for (const text of select(forwardedFor(exchange, peer))) check(exchange, text.trim());
    };
  },
});

const selections = {
  X_FORWARDED_FOR_ALL_IP: (texts: readonly string[]) => texts,
  X_FORWARDED_FOR_FIRST_IP: (texts: readonly string[]) => texts.slice(0, 1),
  X_FORWARDED_FOR_LAST_IP: (texts: readonly string[]) => texts.slice(-1),
};

/** Always at least one, so that a policy that denies everybody does. */
function forwardedFor(exchange: Exchange, peer: Reader): readonly string[] {
  const texts = exchange.request.headers.values('x-forwarded-for').filter((text) => text.trim() !== '');
  return texts.length > 0 ? texts : [toText(peer(exchange))];
}

/** Whether an address (undefined: a text that is none, which no rule matches) is refused: the first rule that matches it decides. */
type Refusal = (exchange: Exchange, address: IpAddress | undefined) => boolean;

type Block = (exchange: Exchange) => IpBlock;

function compileRules(config: ConfigOf<typeof ipRules>, compiler: Compiler): Refusal {
  const decision = (given: { readonly text: 'ALLOW' | 'DENY' } | undefined, name: string, at: Place): boolean => {
    if (given === undefined) {
      compiler.warning('ZH130', at, `The attribute ${name} is missing; it counts as ALLOW.`, `Write ${name}="ALLOW".`);
    }
    return given?.text === 'DENY';
  };
  const otherwise = decision(config.noRuleMatchAction, 'noRuleMatchAction', config.at);
  const rules = config.MatchRule.map((rule) => ({
    denies: decision(rule.action, 'action', rule.at),
    blocks: rule.SourceAddress.map((one) => compileBlock(one, compiler)),
  }));
  return (exchange, address) => {
    if (address === undefined) return otherwise;
    for (const { denies, blocks } of rules) {
      for (const block of blocks) if (block(exchange)(address)) return denies;
    }
    return otherwise;
  };
}

function compileBlock(config: ConfigOf<typeof sourceAddress>, compiler: Compiler): Block {
  const text = compiler.template(config.text ?? '', config.textAt);
  const mask = compiler.template(config.mask?.text ?? '', config.mask?.at ?? config.at);
  if (text.constant !== undefined && mask.constant !== undefined) {
    const block = readBlock(text.constant, mask.constant);
    if (typeof block === 'function') return () => block;
    const at = block.what === 'mask' ? (config.mask?.at ?? config.at) : config.textAt;
    compiler.error('ZH131', at, block.message, block.hint);
    return () => () => true;
  }
  let lastText: string | undefined;
  let lastMask: string | undefined;
  let last: IpBlock = () => false;
  return (exchange) => {
    const newText = text.render(exchange).trim();
    const newMask = mask.render(exchange).trim();
    if (newText !== lastText || newMask !== lastMask) {
      const block = readBlock(newText, newMask);
      // Going on without the rule could admit whom it was to refuse.
      if (typeof block !== 'function') throw new Fault(faults.badRule, `${block.message} Policy: ${compiler.name}`);
      lastText = newText;
      lastMask = newMask;
      last = block;
    }
    return last;
  };
}

interface BadBlock {
  readonly what: 'address' | 'mask';
  readonly message: string;
  readonly hint: string;
}

/** zerohop's choice: without a mask the whole address counts, that is 32 bits of IPv4 and 128 of IPv6. */
function readBlock(text: string, mask: string): IpBlock | BadBlock {
  const address = parseIpAddress(text);
  if (address === undefined) {
    const [base = '', bits] = text.split('/');
    const cidr = bits !== undefined && parseIpAddress(base) !== undefined;
    const hint = cidr
      ? `Write <SourceAddress mask="${bits}">${base}</SourceAddress>.`
      : 'Write one IPv4 or IPv6 address; each further address takes a SourceAddress of its own.';
    return { what: 'address', message: `"${text}" is not an IP address.`, hint };
  }
  const whole = addressBits(address);
  // An IPv4-mapped address is counted in the 128 bits it is written with.
  const mapped = whole === 32 && text.includes(':') ? 96 : 0;
  const bits = mask === '' ? whole : /^\d{1,3}$/.test(mask) ? Number(mask) - mapped : -1;
  const least = address.every((word) => word === 0) ? 0 : 1;
  if (bits >= least && bits <= whole) return ipBlock(address, bits);
  const hint = `Write a number from ${1 + mapped} to ${whole + mapped}${mapped === 0 ? ', or 0 for 0.0.0.0' : ''}.`;
  return { what: 'mask', message: `"${mask}" is not a mask of ${text}.`, hint };
}
