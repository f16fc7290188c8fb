import {
  assign,
  faultRule,
  noTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  raiseFault,
  setPayload,
  step,
} from '../support/bundle-tree.ts';
import { suite } from '../support/suite.ts';

const deny = '<AccessControl name="fail"><IPRules noRuleMatchAction="DENY"/></AccessControl>';
const failing = '<AssignMessage name="fail"><Set><Payload>{nothing}</Payload></Set></AssignMessage>';
const rule = (condition: string) =>
  `<FaultRules>${faultRule('r', condition, step('tell'))}</FaultRules>${preFlow(step('fail'))}${noTarget}`;
const tell = assign('tell', setPayload('handled {fault.name}'));

const rows: readonly (readonly [path: string, policy: string, condition: string, status: number, name: string])[] = [
  ['named', deny, 'acl.fail.failed = true', 403, 'IPDeniedAccess'],
  ['unnamed', deny, 'acl.failed = true', 403, 'IPDeniedAccess'],
  ['assign', failing, 'assignmessage.failed = true', 500, 'UnresolvedVariable'],
  ['raise', raiseFault('fail', 418, 'x'), 'raisefault.failed = true', 418, 'RaiseFault'],
  ['raise-named', raiseFault('fail', 418, 'x'), 'raisefault.fail.failed = true', 418, 'RaiseFault'],
];

suite('variables of a policy that failed', {
  files: () =>
    Object.assign(
      {},
      ...rows.map(([path, policy, condition]) => proxy(path, proxyEndpoint(`/${path}`, rule(condition)), policy, tell)),
    ),
  facts: rows.map(([path, , condition, status, name]) => ({
    name: condition,
    ask: `GET /${path}`,
    status,
    body: `handled ${name}`,
  })),
});
