import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startGateway } from '../support/gateway.ts';
import { startLdapServer } from '../support/ldap-server.ts';
import { rsaIdentity } from '../support/saml.ts';

const step = (...names: readonly string[]): string => names.map((name) => `<Step><Name>${name}</Name></Step>`).join('');

const proxy = (name: string, request: string, response = ''): Record<string, string> => ({
  [`${name}/apiproxy/${name}.xml`]: `<APIProxy name="${name}"/>`,
  [`${name}/apiproxy/proxies/default.xml`]: `<ProxyEndpoint name="default"><PreFlow><Request>${request}</Request><Response>${response}</Response></PreFlow><HTTPProxyConnection><BasePath>/${name}</BasePath></HTTPProxyConnection><RouteRule name="none"/></ProxyEndpoint>`,
});

const answer = (text: string): string =>
  `<AssignMessage name="AM-Answer"><Set><Payload>${text}</Payload></Set></AssignMessage>`;

const sheet =
  '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:output method="text"/><xsl:template match="/"><xsl:value-of select="count(//i)"/></xsl:template></xsl:stylesheet>';

test('style sheets, assertions and an LDAP server, from the files of an environment', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'zerohop-xml-'));
  after(() => rm(folder, { recursive: true }));
  const directory = await startLdapServer({
    'uid=alice,ou=people,dc=example,dc=com': {
      password: 'wonder',
      attributes: { uid: 'alice', mail: 'a@example.com' },
    },
  });
  after(() => directory.close());
  const { key, cert } = rsaIdentity('/CN=idp');
  const gateway = await startGateway(folder, ['--environment', 'test'], () => ({
    'environments/test/keystores.json': JSON.stringify([
      { name: 'signing', aliases: [{ alias: 'idp', format: 'pem', key, cert }] },
      { name: 'trusted', aliases: [{ alias: 'idp', format: 'pem', cert }] },
    ]),
    'environments/test/resources/properties/directory.properties': `url=${directory.url}\nadminDN=cn=admin,dc=example,dc=com\nadminPassword=secret\n`,
    ...proxy('count', step('XSL-1'), step('AM-Answer')),
    'count/apiproxy/policies/XSL-1.xml':
      '<XSL name="XSL-1"><Source>request</Source><OutputVariable>n</OutputVariable><ResourceURL>xsl://n.xsl</ResourceURL></XSL>',
    'count/apiproxy/policies/AM-Answer.xml': answer('{n}'),
    'count/apiproxy/resources/xsl/n.xsl': sheet,
    ...proxy('sign', step('GS-1'), step('AM-Answer')),
    'sign/apiproxy/policies/GS-1.xml':
      '<GenerateSAMLAssertion name="GS-1" ignoreContentType="true"><Issuer>idp</Issuer><Subject ref="request.queryparam.user"/><KeyStore><Name>signing</Name><Alias>idp</Alias></KeyStore><OutputVariable><FlowVariable>assertion</FlowVariable></OutputVariable></GenerateSAMLAssertion>',
    'sign/apiproxy/policies/AM-Answer.xml': answer('{assertion}'),
    ...proxy('check', step('VS-1'), step('AM-Answer')),
    'check/apiproxy/policies/VS-1.xml':
      '<ValidateSAMLAssertion name="VS-1"><Source name="request"><AssertionXPath>/*</AssertionXPath></Source><TrustStore>trusted</TrustStore></ValidateSAMLAssertion>',
    'check/apiproxy/policies/AM-Answer.xml': answer('{saml.subject}'),
    ...proxy('login', step('LD-1'), step('AM-Answer')),
    'login/apiproxy/policies/LD-1.xml':
      '<Ldap name="LD-1"><LdapResource>directory</LdapResource><Authentication><UserName ref="request.queryparam.user"/><Password ref="request.queryparam.password"/><BaseDN>dc=example,dc=com</BaseDN></Authentication><Search><BaseDN>dc=example,dc=com</BaseDN><SearchQuery>uid={request.queryparam.user}</SearchQuery><Attributes><Attribute>mail</Attribute></Attributes></Search></Ldap>',
    'login/apiproxy/policies/AM-Answer.xml': answer('{ldap.LD-1.search.result.attribute.mail}'),
  }));
  const call = async (path: string, body?: string): Promise<string> => {
    const headers = { 'content-type': 'application/xml' };
    const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`, {
      method: 'POST',
      headers,
      body: body ?? '',
    });
    return `${response.status} ${await response.text()}`;
  };
  assert.equal(await call('/count', '<a><i/><i/></a>'), '200 2');
  const assertion = (await call('/sign?user=alice')).replace(/^200 /, '');
  assert.equal(await call('/check', assertion), '200 alice');
  assert.match(
    await call('/check', assertion.replace('alice', 'mallory')),
    /^401 .*steps\.saml\.validate\.InvalidAssertion/,
  );
  assert.equal(await call('/login?user=alice&password=wonder'), '200 a@example.com');
  assert.match(await call('/login?user=alice&password=other'), /^401 .*steps\.ldap\.InvalidUserCredentials/);
  assert.equal(await gateway.stop(), 0);
});
