import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetAPIProduct } from '../../runtime/policies/GetAPIProduct.ts';
import { consumersOf } from '../support/consumers.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf } from '../support/exchange.ts';
import { compilePolicy } from '../support/policy.ts';

const product = {
  name: 'gold',
  displayName: 'Gold',
  description: 'The best',
  proxies: ['orders'],
  scopes: ['READ'],
  quota: '10',
  quotaInterval: '1',
  quotaTimeUnit: 'hour',
  attributes: [{ name: 'plan.kind', value: 'big' }],
};

function compile(inner: string) {
  const consumers = consumersOf({ products: [product] });
  const xml = `<GetAPIProduct name="GP">${inner}</GetAPIProduct>`;
  return compilePolicy(GetAPIProduct, xml, { compiler: { consumers } });
}

test('the profile of a product', () => {
  const exchange = exchangeOf({ variables: { p: 'gold' } });
  compile('<APIProduct ref="p"/>').step(exchange);
  for (const [name, value] of Object.entries({
    name: 'gold',
    displayName: 'Gold',
    description: 'The best',
    approvalType: 'auto',
    proxies: ['orders'],
    scopes: ['READ'],
    environments: [],
    'developer.quota.limit': '10',
    'developer.quota.timeunit': 'hour',
    created_at: 1000,
    'plan.kind': 'big',
    none: undefined,
  })) {
    assert.deepEqual(exchange.read(`getapiproduct.GP.apiproduct.${name}`), value, name);
  }
  assert.equal(exchange.read('getapiproduct.GP.name'), undefined);
});

test('the text counts when the variable has no value; an unknown product sets nothing', () => {
  const exchange = exchangeOf();
  compile('<APIProduct ref="p">gold</APIProduct>').step(exchange);
  assert.equal(exchange.read('getapiproduct.GP.apiproduct.name'), 'gold');
  const other = exchangeOf({ variables: { p: 'lead' } });
  compile('<APIProduct ref="p">gold</APIProduct>').step(other);
  assert.equal(other.read('getapiproduct.GP.apiproduct.name'), undefined);
});

test('mistakes', () => {
  assert.match(listed(compile('').diagnostics)[0] ?? '', /error ZH012/);
  assert.match(listed(compile('<APIProduct/>').diagnostics)[0] ?? '', /error ZH545/);
});
