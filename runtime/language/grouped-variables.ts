import type { Exchange } from '../message/exchange.ts';
import type { VariableGroup } from '../message/variable-group.ts';
import { customVariable } from './custom-variables.ts';
import type { Variable } from './variable.ts';

/** Prefixes below which policies set groups of variables: `PREFIX.POLICY` is the name of a group. */
const prefixes = ['verifyapikey.', 'AccessEntity.ChildNodes.', 'getapiproduct.'] as const;

/** Names of groups that belong to no policy: the variables of VerifyAccessToken have no prefix of their own. */
const roots = ['accesstoken.', 'apiproduct.', 'app.', 'developer.'] as const;

/**
 * A variable that may belong to a group of dozens of which a flow reads one or two: computed when it is read. What is
 * written to a name by hand counts before the group.
 */
export function groupedVariable(name: string): Variable | undefined {
  const prefix = prefixes.find((one) => name.startsWith(one));
  const root = roots.find((one) => name.startsWith(one));
  const dots = prefix === undefined ? (root === undefined ? [] : [root.length - 1]) : dotsAfter(name, prefix.length);
  if (prefix === undefined && root === undefined) return undefined;
  const custom = customVariable(name);
  const places = dots.map((dot) => [name.slice(0, dot), name.slice(dot + 1)] as const);
  if (places.length === 0) return custom;
  const remove = (exchange: Exchange): void => {
    custom.remove(exchange);
    for (const [group, rest] of places) {
      const values = exchange.groups?.get(group);
      if (values !== undefined) setGroup(exchange, group, (other) => (other === rest ? undefined : values(other)));
    }
  };
  return {
    ...custom,
    read: (exchange) => {
      const value = custom.read(exchange);
      const { groups } = exchange;
      if (value !== undefined || groups === undefined) return value;
      for (const [group, rest] of places) {
        const values = groups.get(group);
        if (values !== undefined) return values(rest);
      }
      return undefined;
    },
    write: (exchange, value) => {
      if (value === undefined || value === null) remove(exchange);
      else custom.write(exchange, value);
    },
    remove,
  };
}

/** Sets all variables of a group at once, in place of those that were there. @param name such as `verifyapikey.POLICY` */
export function setGroup(exchange: Exchange, name: string, group: VariableGroup): void {
  exchange.groups ??= new Map();
  exchange.groups.set(name, group);
}

/** A policy's name may hold dots: each may be where it ends. */
function dotsAfter(name: string, start: number): number[] {
  const dots: number[] = [];
  for (let dot = name.indexOf('.', start); dot !== -1; dot = name.indexOf('.', dot + 1)) dots.push(dot);
  return dots;
}
