import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OAuthV1 } from '../../runtime/policies/OAuthV1.ts';
import { listed } from '../support/diagnostics.ts';
import { exchangeOf } from '../support/exchange.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const compile = (inner: string) => compilePolicy(OAuthV1, `<OAuthV1 name="O1">${inner}</OAuthV1>`);

for (const operation of ['GenerateRequestToken', 'GenerateAccessToken', 'VerifyAccessToken', 'VerifySignature']) {
  test(`${operation} loads with a warning and never lets pass`, async () => {
    const policy = compile(`<Operation>${operation}</Operation><URI ref="u"/><HTTPMethod ref="m"/><Realm>r</Realm>
      <GenerateResponse enabled="true"><Format>XML</Format></GenerateResponse>
      <GenerateErrorResponse enabled="true"><Format>XML</Format></GenerateErrorResponse>
      <Attributes><Attribute name="a" ref="v" display="true">x</Attribute></Attributes>`);
    assert.match(listed(policy.diagnostics).join('\n'), /^\S+ warning DC002 .*raises a fault/);
    const fault = await faultOf(policy.step, exchangeOf());
    assert.equal(fault.code, 'steps.oauth.v1.NotSupported');
    assert.equal(fault.status, 500);
    assert.equal(fault.faultstring, 'OAuthV1[O1]: OAuth 1.0a is not supported');
  });
}

test('mistakes', () => {
  assert.match(listed(compile('').diagnostics)[0] ?? '', /error ZH012/);
  assert.match(listed(compile('<Operation>Sign</Operation>').diagnostics)[0] ?? '', /error ZH013/);
});
