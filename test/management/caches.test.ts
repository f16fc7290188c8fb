import assert from 'node:assert/strict';
import { assign, noTarget, preFlow, proxy, proxyEndpoint, setPayload, step } from '../support/bundle-tree.ts';
import { call } from '../support/gateway.ts';
import { managementSuite } from '../support/management.ts';

const key = '<CacheKey><Prefix>p</Prefix><KeyFragment ref="request.queryparam.id"/></CacheKey>';
const settings = '<ExpirySettings><TimeoutInSeconds>300</TimeoutInSeconds></ExpirySettings>';

/** Tells whether it knew an id, and knows it from then on. */
const knows = (name: string, resource: string) =>
  proxy(
    name,
    proxyEndpoint(`/${name}`, preFlow(step('LC') + step('PC') + step('tell')) + noTarget),
    `<LookupCache name="LC">${resource}${key}<AssignTo>got</AssignTo></LookupCache>`,
    `<PopulateCache name="PC">${resource}${key}${settings}<Source>request.queryparam.id</Source></PopulateCache>`,
    assign('tell', setPayload('{lookupcache.LC.cachehit}')),
  );

const files = {
  ...knows('named', '<CacheResource>short</CacheResource>'),
  ...knows('plain', ''),
};

managementSuite('clearing a cache', { files }, (it, server) => {
  const caches = '/v1/organizations/acme/environments/local/caches';
  const known = async (path: string) => (await call(server.gateway.port, { path })).text;
  const clear = async (name: string, prefix = '') =>
    (await server.ask(`POST ${caches}/${name}/entries?action=clear${prefix}`)).status;

  it('removes its entries and no others', async () => {
    assert.equal((await server.ask(`POST ${caches}`, { name: 'short' })).status, 201);
    for (const path of ['/named?id=1', '/named?id=2', '/plain?id=1']) assert.equal(await known(path), 'false');
    assert.equal(await clear('short', '&prefix=p__1'), 200);
    assert.equal(await known('/named?id=2'), 'true');
    assert.equal(await known('/named?id=1'), 'false');
    assert.equal(await clear('short'), 200);
    assert.equal(await known('/named?id=1'), 'false');
    assert.equal(await known('/named?id=2'), 'false');
    assert.equal(await known('/plain?id=1'), 'true');
    assert.equal(await clear('other'), 404);
  });
});
