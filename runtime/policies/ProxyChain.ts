import { variableReader } from '../language/variables.ts';
import { Body } from '../message/body.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import { element, many, required } from '../schema/declare.ts';
import { flag, oneOf, text, variable } from '../schema/values.ts';
import { type ChainSetting, callService } from './chain-call.ts';
import {
  beginningOf,
  type ChainData,
  isJsonObject,
  jsonTextOf,
  type MergeMode,
  memberAt,
  mergeObject,
  mergeQuery,
} from './chain-data.ts';
import { chainFaults, failAsApisix, failNatively } from './chain-failure.ts';
import {
  type ChainService,
  type ChainServiceConfig,
  chainService,
  compileService,
  type Profile,
} from './chain-service.ts';
import { tokenReader } from './chain-token.ts';
import { type Compiler, policy } from './policy.ts';

/** The plugin reads no more query arguments. Nginx Lua module: get_uri_args. */
const apisixArguments = 100;

/**
 * Calls services one after another, each with all that was gathered before, and gives what they gathered to the target.
 * The `proxy-chain` plugin of APISIX as a policy; zerohop's own, not a policy of Apigee.
 */
export const ProxyChain = policy({
  element: 'ProxyChain',
  failedPrefix: 'proxychain',
  attributes: { compat: oneOf('apisix', 'native') },
  children: {
    Source: variable,
    TokenHeader: text,
    MergeQueryParams: flag,
    Services: required(element({ children: { Service: many(chainService) } })),
    Merge: element({ attributes: { mode: oneOf('shallow', 'deep', 'nest') } }),
    AssignTo: element({ content: text, attributes: { type: text } }),
  },
  faults: chainFaults,
  compile(config, compiler) {
    const profile = config.compat?.text ?? 'native';
    const { name } = compiler;
    const setting: ChainSetting = { name, profile, fail: profile === 'apisix' ? failAsApisix : failNatively };
    const links = compileServices(config.Services.Service, config.Services.at, profile, compiler);
    const begin = beginning(config.Source?.text ?? 'request', config.MergeQueryParams?.text ?? true, setting, compiler);
    const tokenOf = tokenReader(config.TokenHeader?.text);
    const merge = merger(config.Merge?.mode?.text ?? 'shallow', setting);
    const finish = assigner(config.AssignTo?.text || 'request', compiler);
    return async (exchange) => {
      const data = begin(exchange);
      const authorization = tokenOf(exchange);
      for (const { remember } of links) remember(exchange, undefined);
      for (const { service, remember } of links) {
        if (!service.wanted(exchange)) continue;
        exchange.setVariable(`proxychain.${name}.service`, service.name);
        const json = await callService(service, exchange, data, authorization, setting);
        if (json === undefined) continue;
        remember(exchange, json.value);
        merge(exchange, data, service, json.value);
      }
      const text = jsonTextOf(data);
      exchange.setVariable(`proxychain.${name}.data`, text);
      finish(exchange, text, authorization);
    };
  },
});

/** A service in its place: what later conditions read of its answer is kept in variables. */
interface ChainLink {
  readonly service: ChainService;
  readonly remember: (exchange: Exchange, value: unknown) => void;
}

function compileServices(
  configs: readonly ChainServiceConfig[],
  at: ChainServiceConfig['at'],
  profile: Profile,
  compiler: Compiler,
): ChainLink[] {
  if (configs.length === 0) {
    compiler.error('ZH630', at, 'ProxyChain has no services.', 'Add <Service name="..."> with a <URI>.');
  }
  const names = new Set<string>();
  for (const { name } of configs) {
    if (!/^[\w-]+$/.test(name.text)) {
      compiler.error('ZH633', name.at, `"${name.text}" cannot name a service.`, 'Use letters, digits, - and _.');
    } else if (names.has(name.text)) {
      compiler.error('ZH633', name.at, `Two services have the name "${name.text}".`, 'Rename one.');
    }
    names.add(name.text);
  }
  const services = configs.flatMap((config) => compileService(config, profile, compiler) ?? []);
  return services.map((service, index) => {
    const start = `${service.name}.`;
    const reads = services.slice(index + 1).flatMap((later) => later.reads.filter((name) => name.startsWith(start)));
    const members = [...new Set(reads)].map((name) => ({ name, path: name.slice(start.length).split('.') }));
    const remember: ChainLink['remember'] = (exchange, value) => {
      for (const { name, path } of members) exchange.setVariable(name, memberAt(value, path));
    };
    return { service, remember };
  });
}

function beginning(
  variableName: string,
  mergesQuery: boolean,
  { name, profile, fail }: ChainSetting,
  compiler: Compiler,
): (exchange: Exchange) => ChainData {
  const read = compiler.reader(variableName);
  const limit = profile === 'apisix' ? apisixArguments : Number.POSITIVE_INFINITY;
  const reason = `ProxyChain[${name}]: the payload of ${variableName} is not a JSON object`;
  const without = (exchange: Exchange): ChainData => {
    if (profile === 'native') {
      return fail(exchange, { kind: chainFaults.invalidSource, text: reason, answer: { error: reason } });
    }
    const message = `${reason}; the chain begins with an empty one`;
    const entry = { policy: name, level: 'warn', logName: 'ProxyChain', labels: {}, message } as const;
    exchange.surroundings.logMessage?.(exchange, entry);
    return new Map();
  };
  return (exchange) => {
    const source = read(exchange);
    const data = beginningOf(source) ?? without(exchange);
    if (mergesQuery && source instanceof Message && source.kind === 'request') mergeQuery(data, source.query, limit);
    return data;
  };
}

/** Puts an answer into the data. The plugin has no place for one that is no object. */
function merger(
  mode: MergeMode,
  { name, profile, fail }: ChainSetting,
): (exchange: Exchange, data: ChainData, service: ChainService, value: unknown) => void {
  return (exchange, data, service, value) => {
    if (mode === 'nest' || (profile === 'native' && !isJsonObject(value))) data.set(service.name, value);
    else if (isJsonObject(value)) mergeObject(data, value, mode);
    else {
      fail(exchange, {
        kind: chainFaults.invalidAnswer,
        text: `ProxyChain[${name}]: the answer of service ${service.name} is not a JSON object`,
        answer: { error: `The JSON in response from ${service.address} is not an object` },
      });
    }
  };
}

/** A message gets the data as its payload, a request the token too; any other variable holds the JSON as text. */
function assigner(
  name: string,
  compiler: Compiler,
): (exchange: Exchange, json: string, authorization: string | undefined) => void {
  const read = variableReader(name);
  const write = compiler.writer(name);
  return (exchange, json, authorization) => {
    const value = read(exchange);
    if (!(value instanceof Message)) {
      write(exchange, json);
      return;
    }
    value.body = Body.ofText(json);
    value.headers.set('Content-Type', 'application/json');
    if (authorization !== undefined && value.kind === 'request') value.headers.set('Authorization', authorization);
  };
}
