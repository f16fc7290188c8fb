import { join } from 'node:path';
import { policySamples } from '../../bench/policy-samples.ts';
import { emptyEnvironment } from '../../runtime/bundle/environment.ts';
import { load, loadBundle, readArchive } from '../../runtime/bundle/load.ts';
import { packBundle } from '../../runtime/bundle/pack.ts';
import type { BundleFiles } from '../../runtime/bundle/read-bundle.ts';
import { type Ground, prepare } from '../../runtime/deployment/deploy.ts';
import { Engines } from '../../runtime/deployment/engines.ts';
import { type Diagnostic, Diagnostics } from '../../runtime/diagnostic.ts';
import { Consumers } from '../../runtime/state/consumers.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import { createConnections } from '../../runtime/target/connections.ts';
import { repository } from '../support/source-code.ts';
import type { FuzzTarget } from './target.ts';

/** Each file of the example bundles, and policies, broken and compiled as a deployment does; and zips of them. */
export async function openLoaderTargets(): Promise<{ targets: FuzzTarget[]; close(): Promise<void> }> {
  const connections = createConnections();
  const engines = new Engines('quickjs');
  const store = new MemoryStore();
  const ground = { store, connections, engines, consumers: new Consumers() };
  const examples = (await load(join(repository, 'bundles'))).bundles.map(({ files }) => files);
  const files = examples.flatMap((bundle) => [...bundle.files.keys()].map((name) => fileTarget(bundle, name, ground)));
  const shop = examples.find(({ folder }) => folder.endsWith('shop/apiproxy'));
  if (shop === undefined) throw new Error('The example bundles have no shop');
  const policies: FuzzTarget = {
    ...fileTarget(shop, 'policies/P.xml', ground),
    seeds: policySamples.map(({ text }) => Buffer.from(text)),
  };
  return {
    targets: [...files, policies, zipTarget(examples)],
    close: async () => {
      await connections.close();
      await engines.close();
      await store.close();
    },
  };
}

function fileTarget(bundle: BundleFiles, name: string, ground: Ground): FuzzTarget {
  return {
    name: `${bundle.folder.replace(/^.*bundles\//, '')}/${name}`,
    seeds: [Buffer.from(bundle.files.get(name) ?? '')],
    take: async (input) => {
      const loaded = loadBundle({ ...bundle, files: new Map([...bundle.files, [name, input]]) });
      const prepared = await prepare({ put: [loaded], remove: [] }, emptyEnvironment('local'), ground);
      prepared.discard();
      checkFindings(prepared.diagnostics);
      const [state] = prepared.bundles;
      const isFaulty = prepared.diagnostics.some(({ severity }) => severity === 'error');
      if ((state?.state === 'deployed') === isFaulty) throw new Error(`It is ${state?.state}, and that does not fit`);
    },
  };
}

function zipTarget(examples: readonly BundleFiles[]): FuzzTarget {
  return {
    name: 'zip',
    seeds: examples.map((bundle) => Buffer.from(packBundle(bundle))),
    take: async (input) => {
      const diagnostics = new Diagnostics();
      const bundles = await readArchive(input, 'bundle.zip', diagnostics);
      for (const files of bundles) diagnostics.list.push(...loadBundle(files).diagnostics.list);
      checkFindings(diagnostics.list);
    },
  };
}

/** Every finding has a place, a code, and words; never a stack trace. */
function checkFindings(findings: readonly Diagnostic[]): void {
  for (const { file, line, column, code, message } of findings) {
    if (file === '' || line < 1 || column < 1) throw new Error(`${code} has no place: ${file}:${line}:${column}`);
    if (message === '' || /\n\s+at /.test(message)) throw new Error(`${code} says "${message}"`);
  }
}
