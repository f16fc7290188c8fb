import { Diagnostics, nearest, type Place, wholeFile } from '../diagnostic.ts';
import { checkElement } from '../schema/check.ts';
import type { ElementType } from '../schema/declare.ts';
import type { XmlElement } from '../xml/element.ts';
import { parseXml } from '../xml/parse.ts';
import type { Bundle, BundleKind } from './bundle.ts';
import { digestOf } from './digest.ts';
import { linkHint, linkMessages, type RefusedLink } from './directory.ts';
import { type SharedFlowConfig, sharedFlow } from './flow.ts';
import { baseName, checkName, nameAttribute } from './names.ts';
import { Parts } from './parts.ts';
import { type ProxyEndpointConfig, proxyEndpoint } from './proxy.ts';
import { readResources } from './resource-files.ts';
import { type TargetEndpointConfig, targetEndpoint } from './target.ts';
import { readText } from './text-file.ts';

/** A bundle's files as they lie in a folder or a zip; paths relative to its apiproxy or sharedflowbundle folder. */
export interface BundleFiles {
  readonly kind: BundleKind;
  /** Path of the folder, as shown to the author. */
  readonly folder: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Links in it that were not followed. */
  readonly refusedLinks?: readonly RefusedLink[];
}

/**
 * A bundle as read, with what was found wrong so far. Compilation goes on with the same diagnostics, so that one run
 * shows all mistakes; a bundle with errors is not deployed.
 */
export interface LoadedBundle {
  readonly bundle: Bundle;
  readonly diagnostics: Diagnostics;
  readonly files: BundleFiles;
  /** Only what routing needs was read (`brief-reading.ts`). */
  readonly isBrief?: boolean;
}

/** Apigee: limits. */
const proxyEndpointLimit = 10;

const misnamed: ReadonlyMap<string, string> = new Map([
  ['policy', 'policies'],
  ['proxy', 'proxies'],
  ['proxyendpoints', 'proxies'],
  ['targetendpoints', 'targets'],
  ['flows', 'sharedflows'],
]);

const baseElements = { apiproxy: 'APIProxy', sharedflowbundle: 'SharedFlowBundle' } as const;

/** Reads the files of one bundle; mistakes are reported, never thrown. */
export function loadBundle(files: BundleFiles): LoadedBundle {
  const diagnostics = new Diagnostics();
  const inOrder = [...files.files].sort(([a], [b]) => (a < b ? -1 : 1));
  const reader = new BundleReader(files, diagnostics);
  for (const link of files.refusedLinks ?? []) reader.refusedLink(link);
  for (const [path, bytes] of inOrder) reader.file(path, bytes);
  return { bundle: reader.bundle(digestOf(inOrder)), diagnostics, files };
}

class BundleReader {
  readonly #files: BundleFiles;
  readonly #diagnostics: Diagnostics;
  readonly #unreadable = new Set<string>();
  readonly #proxyEndpoints: Parts<ProxyEndpointConfig>;
  readonly #targetEndpoints: Parts<TargetEndpointConfig>;
  readonly #sharedFlows: Parts<SharedFlowConfig>;
  readonly #policies: Parts<XmlElement>;
  readonly #resources: [path: string, file: string, bytes: Uint8Array][] = [];
  /** Folders and files that are not read and look as if they should be. */
  readonly #odd = new Map<string, string>();
  #base: XmlElement | undefined;

  constructor(files: BundleFiles, diagnostics: Diagnostics) {
    this.#files = files;
    this.#diagnostics = diagnostics;
    const checked = <C>(what: string, type: ElementType<C>): Parts<C> =>
      new Parts<C>(what, (root) => checkElement(root, type, diagnostics), this.#unreadable, diagnostics);
    this.#proxyEndpoints = checked('ProxyEndpoint', proxyEndpoint);
    this.#targetEndpoints = checked('TargetEndpoint', targetEndpoint);
    this.#sharedFlows = checked('SharedFlow', sharedFlow);
    // What a policy may hold is known to the policy: who compiles it checks it.
    this.#policies = new Parts('policy', (root) => root, this.#unreadable, diagnostics);
  }

  refusedLink(link: RefusedLink): void {
    this.#unreadable.add(baseName(link.path));
    this.#diagnostics.error('ZH005', wholeFile(link.shown), `${linkMessages[link.reason]}.`, linkHint);
  }

  file(path: string, bytes: Uint8Array): void {
    const [, folder = '', name = ''] = /^(?:([^/]+)\/)?(.+)$/s.exec(path) ?? [];
    if (folder === 'resources') this.#resources.push([name, this.#shown(path), bytes]);
    else if (!/\.xml$/i.test(path)) return;
    else if (folder === '') this.#rootFile(path, bytes);
    else if (this.#folders().includes(folder)) this.#part(folder, name, path, bytes);
    else this.#unknownFolder(folder, path);
  }

  bundle(digest: string): Bundle {
    for (const [file, hint] of this.#odd) {
      this.#diagnostics.warning('ZH064', wholeFile(file), 'This folder is not read.', hint);
    }
    const { name, at } = this.#name();
    const endpoints = this.#proxyEndpoints.all();
    if (endpoints.length > proxyEndpointLimit) {
      const message = `The proxy has ${endpoints.length} ProxyEndpoints; Apigee allows ${proxyEndpointLimit}.`;
      this.#diagnostics.warning('ZH063', at, message);
    }
    const policies = new Map(
      this.#policies.all().map((policy) => [policy.name, { name: policy.name, root: policy.config }]),
    );
    return {
      kind: this.#files.kind,
      name,
      revision: this.#base?.attributes.find((one) => one.name === 'revision')?.value.trim() || '1',
      folder: this.#files.folder,
      at,
      proxyEndpoints: endpoints,
      targetEndpoints: this.#targetEndpoints.all(),
      sharedFlows: this.#sharedFlows.all(),
      policies,
      ...readResources(this.#resources, this.#diagnostics),
      unreadable: this.#unreadable,
      digest,
    };
  }

  #shown(path: string): string {
    return `${this.#files.folder}/${path}`;
  }

  #folders(): readonly string[] {
    return this.#files.kind === 'apiproxy'
      ? ['proxies', 'targets', 'policies', 'integration-endpoints']
      : ['sharedflows', 'policies'];
  }

  #parse(path: string, bytes: Uint8Array): XmlElement | undefined {
    const source = readText(this.#shown(path), bytes, this.#diagnostics);
    return source === undefined ? undefined : parseXml(source, this.#diagnostics);
  }

  #rootFile(path: string, bytes: Uint8Array): void {
    const root = this.#parse(path, bytes);
    if (root === undefined) return;
    const expected = baseElements[this.#files.kind];
    if (root.name === expected && this.#base === undefined) {
      this.#base = root;
    } else if (root.name === expected) {
      const message = `The bundle has a second base configuration; ${this.#base?.place.source.file} is used.`;
      this.#diagnostics.warning('BN001', root.place, message, 'Keep one of them.');
    } else {
      const folder = folderOf(root.name);
      const isOther = root.name === 'APIProxy' || root.name === 'SharedFlowBundle';
      const hint = isOther
        ? `A bundle that starts with <${root.name}> lies in a folder named ${root.name === 'APIProxy' ? 'apiproxy' : 'sharedflowbundle'}.`
        : `Move it to ${folder}/.`;
      const message = `<${expected}> is expected here, <${root.name}> is not read.`;
      this.#unreadable.add(nameAttribute(root)?.name ?? baseName(path));
      this.#diagnostics.error('BN001', root.place, message, hint);
    }
  }

  #part(folder: string, name: string, path: string, bytes: Uint8Array): void {
    if (name.includes('/')) {
      const below = this.#shown(path.slice(0, path.lastIndexOf('/')));
      this.#odd.set(below, `Files of ${folder}/ lie directly in it.`);
      return;
    }
    const root = this.#parse(path, bytes);
    if (root === undefined) {
      for (const one of quickNames(path, bytes)) this.#unreadable.add(one);
      return;
    }
    const belongs = folderOf(root.name);
    if (belongs !== folder) {
      const message = `<${root.name}> is not read from ${folder}/.`;
      this.#unreadable.add(nameAttribute(root)?.name ?? baseName(path));
      const known = folder === 'policies' || this.#folders().includes(belongs);
      const hint = isBase(root.name)
        ? `The base configuration lies in ${this.#files.kind}/ itself.`
        : known || belongs !== 'policies'
          ? `Move it to ${belongs}/.`
          : undefined;
      this.#diagnostics.error('BN001', root.place, message, hint);
    } else if (folder === 'proxies') this.#proxyEndpoints.add(root, path);
    else if (folder === 'targets') this.#targetEndpoints.add(root, path);
    else if (folder === 'sharedflows') this.#sharedFlows.add(root, path);
    else if (folder === 'policies') this.#policies.add(root, path);
    else {
      const message = 'Integration endpoints need the cloud; this one is not read.';
      this.#diagnostics.warning('ZH022', root.place, message, 'Route to a TargetEndpoint instead.');
    }
  }

  #unknownFolder(folder: string, path: string): void {
    const elsewhere = ['proxies', 'targets', 'sharedflows'].filter((one) => !this.#folders().includes(one));
    if (elsewhere.includes(folder)) {
      const other = this.#files.kind === 'apiproxy' ? 'sharedflowbundle' : 'apiproxy';
      this.#odd.set(this.#shown(folder), `${folder}/ belongs into a folder named ${other}.`);
      return;
    }
    const best = misnamed.get(folder.toLowerCase()) ?? nearest(folder, [...this.#folders(), 'resources'])[0];
    // Files beside the known folders are ignored, as on Apigee; a misspelt folder is another matter.
    if (best === undefined) return;
    this.#odd.set(this.#shown(folder), `Did you mean ${best}/?`);
    this.#unreadable.add(baseName(path));
  }

  #name(): { name: string; at: Place } {
    const { kind, folder } = this.#files;
    const attribute = this.#base === undefined ? undefined : nameAttribute(this.#base);
    if (attribute !== undefined && this.#base !== undefined) {
      checkName('bundle', attribute.name, attribute.at, this.#diagnostics);
      return { name: attribute.name, at: this.#base.place };
    }
    if (this.#base !== undefined) {
      const { place } = this.#base;
      const name = baseName(place.source.file);
      const message = `<${this.#base.name}> has no name; the file's own, "${name}", is used.`;
      this.#diagnostics.warning('BN001', place, message, `Add name="${name}".`);
      return { name, at: place };
    }
    const parts = folder.split(/[/\\]|!\//).filter((part) => part !== '');
    const name = (parts.at(-1) === kind ? parts.at(-2) : parts.at(-1))?.replace(/\.zip!?$/i, '') ?? kind;
    const message = `The bundle has no base configuration; it goes by the folder's name, "${name}".`;
    const hint = `Add ${name}.xml to ${kind}/: <${baseElements[kind]} name="${name}"/>.`;
    this.#diagnostics.warning('BN001', wholeFile(folder), message, hint);
    return { name, at: wholeFile(folder) };
  }
}

/** The folder a file with such a root element lies in. */
function folderOf(element: string): string {
  if (element === 'ProxyEndpoint') return 'proxies';
  if (element === 'TargetEndpoint') return 'targets';
  if (element === 'SharedFlow') return 'sharedflows';
  if (element === 'IntegrationEndpoint') return 'integration-endpoints';
  return isBase(element) ? '' : 'policies';
}

function isBase(element: string): boolean {
  return element === 'APIProxy' || element === 'SharedFlowBundle';
}

/** What a file that cannot be parsed most likely declares. */
function quickNames(path: string, bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes.subarray(0, 4096)).toString('utf8');
  const name = /<[A-Za-z]\w*\s[^<>]*?\bname\s*=\s*["']([^"'<>]+)/.exec(text)?.[1]?.trim();
  return name === undefined ? [baseName(path)] : [baseName(path), name];
}
