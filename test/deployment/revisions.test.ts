import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { MemoryStore } from '../../runtime/state/memory.ts';
import { bundleTree, proxy, proxyEndpoint, writeFiles } from '../support/bundle-tree.ts';
import { apiproxy, importAndDeploy, openDeployments, refusalOf, zipOf } from '../support/deployments.ts';

const route = '<RouteRule name="none"/>';
const id = apiproxy('a');

function a(basePath: string, more = '') {
  return proxy('a', proxyEndpoint(basePath, `${more}${route}`));
}

const faulty = a('/faulty', '<PreFlow><Request><Step><Name>gone</Name></Step></Request></PreFlow>');

describe('a deployment by the API', () => {
  it('takes the place of the directory, and can be rolled back to it', async () => {
    const folder = await bundleTree(a('/one'));
    const { deployments, at } = await openDeployments(new MemoryStore(), folder);
    assert.equal(await importAndDeploy(deployments, a('/two')), 2);
    assert.deepEqual([at('/one'), at('/two')], [undefined, 'a revision 2']);
    assert.deepEqual(
      deployments.listRevisions(id).map(({ revision, origin }) => `${revision} ${origin}`),
      ['1 directory', '2 api'],
    );
    await deployments.deployRevision(id, 1, { override: true });
    assert.deepEqual([at('/one'), at('/two')], ['a revision 1', undefined]);
  });

  it('stays over a restart as long as the directory does not change', async () => {
    const [store, folder] = [new MemoryStore(), await bundleTree(a('/one'))];
    await importAndDeploy((await openDeployments(store, folder)).deployments, a('/two'));
    const again = await openDeployments(store, folder);
    assert.deepEqual([again.at('/one'), again.at('/two')], [undefined, 'a revision 2']);
    await writeFiles(folder, a('/three'));
    const changed = await openDeployments(store, folder);
    assert.deepEqual([changed.at('/two'), changed.at('/three')], [undefined, 'a revision 3']);
    // What the directory held first is kept although it is nowhere on disk any more.
    await changed.deployments.deployRevision(id, 1, { override: true });
    assert.equal(changed.at('/one'), 'a revision 1');
    assert.equal((await openDeployments(store, folder)).at('/one'), 'a revision 1');
  });

  it('of a name the directory does not have comes back after a restart', async () => {
    const [store, folder] = [new MemoryStore(), await bundleTree()];
    await importAndDeploy((await openDeployments(store, folder)).deployments, a('/two'));
    assert.equal((await openDeployments(store, folder)).at('/two'), 'a revision 1');
  });

  it('stands in for faulty content of the directory, over restarts too', async () => {
    const [store, folder] = [new MemoryStore(), await bundleTree(a('/one'))];
    await importAndDeploy((await openDeployments(store, folder)).deployments, a('/two'));
    await writeFiles(folder, faulty);
    const again = await openDeployments(store, folder);
    assert.equal(again.at('/two'), 'a revision 2');
    assert.equal(again.deployments.get(id)?.state, 'kept');
    assert.equal((await openDeployments(store, folder)).at('/two'), 'a revision 2');
  });

  it('outlives the directory content it replaced', async () => {
    const [store, folder] = [new MemoryStore(), await bundleTree(a('/one'))];
    const { deployments, reload, at } = await openDeployments(store, folder);
    await importAndDeploy(deployments, a('/two'));
    await rm(join(folder, 'a'), { recursive: true });
    await reload();
    assert.equal(at('/two'), 'a revision 2');
    assert.equal((await openDeployments(store, folder)).at('/two'), 'a revision 2');
  });

  it('is refused when it is faulty, and nothing is different', async () => {
    const folder = await bundleTree(a('/one'));
    const { deployments, at } = await openDeployments(new MemoryStore(), folder);
    const before = deployments.serving.current;
    const upload = await deployments.readUpload(zipOf(faulty));
    const refusal = await refusalOf(deployments.importRevision(upload));
    assert.equal(refusal.reason, 'faulty');
    assert.match(refusal.message, /a\/apiproxy\/proxies\/default\.xml:1:\d+: .*gone/);
    assert.deepEqual(deployments.revisions.list(id), []);
    const { revision } = await deployments.importRevision(upload, { validate: false });
    assert.equal((await refusalOf(deployments.deployRevision(id, revision, { override: true }))).reason, 'faulty');
    assert.equal(deployments.serving.current, before);
    assert.equal(at('/one'), 'a revision 1');
  });

  it('is refused when the store cannot be written, and nothing is different', async () => {
    class FullStore extends Error {}
    const store = new MemoryStore();
    const folder = await bundleTree(a('/one'));
    const { deployments, at } = await openDeployments(store, folder);
    const { revision } = await deployments.importRevision(await deployments.readUpload(zipOf(a('/two'))));
    const write = store.write.bind(store);
    store.write = () => {
      throw new FullStore('no space left');
    };
    const refusal = await refusalOf(deployments.deployRevision(id, revision, { override: true }));
    assert.equal(refusal.reason, 'storage');
    assert.equal(at('/one'), 'a revision 1');
    store.write = write;
    await deployments.deployRevision(id, revision, { override: true });
    assert.equal(at('/two'), 'a revision 2');
  });

  it('needs override to replace another revision', async () => {
    const { deployments } = await openDeployments(new MemoryStore(), await bundleTree(a('/one')));
    const { revision } = await deployments.importRevision(await deployments.readUpload(zipOf(a('/two'))));
    const refusal = await refusalOf(deployments.deployRevision(id, revision));
    assert.equal(refusal.reason, 'alreadyDeployed');
    assert.equal((await refusalOf(deployments.deployRevision(id, 99))).reason, 'notFound');
  });

  it('may have another name and other base paths', async () => {
    const store = new MemoryStore();
    const folder = await bundleTree(a('/one'));
    const { deployments, at } = await openDeployments(store, folder);
    const upload = await deployments.readUpload(zipOf(a('/one')));
    const { id: other, revision } = await deployments.importRevision(upload, { name: 'b' });
    assert.equal((await refusalOf(deployments.deployRevision(other, revision))).reason, 'faulty');
    await deployments.deployRevision(other, revision, { basePath: '/v2' });
    assert.deepEqual([at('/one'), at('/v2/one')], ['a revision 1', 'b revision 1']);
    assert.equal((await openDeployments(store, folder)).at('/v2/one'), 'b revision 1');
    assert.equal((await refusalOf(deployments.importRevision(upload, { name: '../b' }))).reason, 'badName');
  });
});

describe('an undeployed bundle', () => {
  it('stays so until the directory changes', async () => {
    const [store, folder] = [new MemoryStore(), await bundleTree(a('/one'))];
    const { deployments, at, reload } = await openDeployments(store, folder);
    await deployments.undeploy(id);
    assert.equal(at('/one'), undefined);
    assert.equal(deployments.get(id)?.state, 'undeployed');
    await reload();
    assert.equal(at('/one'), undefined);
    assert.equal((await openDeployments(store, folder)).at('/one'), undefined);
    assert.equal((await refusalOf(deployments.undeploy(id))).reason, 'notDeployed');
    await deployments.deployRevision(id, 1);
    assert.equal(at('/one'), 'a revision 1');
    await deployments.undeploy(id, 1);
    await writeFiles(folder, a('/two'));
    await reload();
    assert.equal(at('/two'), 'a revision 2');
  });

  it('can be deleted; one that is deployed cannot', async () => {
    const { deployments } = await openDeployments(new MemoryStore(), await bundleTree());
    await importAndDeploy(deployments, a('/one'));
    await importAndDeploy(deployments, a('/two'));
    assert.equal((await refusalOf(deployments.deleteRevision(id, 2))).reason, 'stillDeployed');
    assert.equal((await refusalOf(deployments.deleteAll(id))).reason, 'stillDeployed');
    await deployments.deleteRevision(id, 1);
    await deployments.undeploy(id);
    assert.deepEqual(await deployments.deleteAll(id), [2]);
    assert.equal(deployments.get(id), undefined);
    assert.equal((await refusalOf(deployments.deleteAll(id))).reason, 'notFound');
  });
});

describe('revisions', () => {
  it('are kept up to a number, the one that serves always', async () => {
    const { deployments } = await openDeployments(new MemoryStore(), await bundleTree());
    await importAndDeploy(deployments, a('/one'));
    for (const path of ['/two', '/three', '/four', '/five']) {
      await deployments.importRevision(await deployments.readUpload(zipOf(a(path))));
    }
    assert.deepEqual(
      deployments.listRevisions(id).map(({ revision }) => revision),
      [1, 4, 5],
    );
  });

  it('come back as they were put in', async () => {
    const { deployments } = await openDeployments(new MemoryStore(), await bundleTree());
    const revision = await importAndDeploy(deployments, a('/one'));
    const { kind, files } = await deployments.readUpload(await deployments.exportRevision(id, revision));
    assert.equal(kind, 'apiproxy');
    assert.deepEqual([...files.keys()].sort(), ['a.xml', 'proxies/default.xml']);
  });

  it('are built piece by piece, in any order, and checked when they are deployed', async () => {
    const { deployments, at } = await openDeployments(new MemoryStore(), await bundleTree());
    const upload = await deployments.readUpload(zipOf({ 'apiproxy/a.xml': '<APIProxy name="a"/>' }));
    const { revision } = await deployments.importRevision(upload, { validate: false });
    assert.equal((await refusalOf(deployments.deployRevision(id, revision))).reason, 'faulty');
    const step = '<PreFlow><Request><Step><Name>hello</Name></Step></Request></PreFlow>';
    const pieces: [string, string][] = [
      ['proxies/default.xml', proxyEndpoint('/pieces', step + route)],
      ['policies/hello.xml', '<AssignMessage name="hello"/>'],
      ['policies/extra.xml', 'no XML at all'],
    ];
    await Promise.all(pieces.map(([path, text]) => deployments.putPiece(id, revision, path, Buffer.from(text))));
    await deployments.deletePiece(id, revision, 'policies/extra.xml');
    await deployments.deployRevision(id, revision);
    assert.equal(at('/pieces'), 'a revision 1');
    const late = deployments.putPiece(id, revision, 'policies/late.xml', Buffer.from('<X/>'));
    assert.equal((await refusalOf(late)).reason, 'stillDeployed');
    assert.equal((await refusalOf(deployments.putPiece(id, 9, 'policies/x.xml', Buffer.from('')))).reason, 'notFound');
  });

  it('that are no zip of one bundle are refused', async () => {
    const { deployments } = await openDeployments(new MemoryStore(), await bundleTree());
    for (const zip of [Buffer.from('no zip'), zipOf({ 'x.txt': '' }), zipOf({ ...a('/a'), ...proxy('b', route) })]) {
      assert.equal((await refusalOf(deployments.readUpload(zip))).reason, 'badArchive');
    }
    assert.equal((await refusalOf(deployments.readUpload(zipOf({ '../apiproxy/a.xml': '' })))).reason, 'badArchive');
  });
});
