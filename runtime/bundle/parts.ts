import type { Diagnostics } from '../diagnostic.ts';
import type { XmlElement } from '../xml/element.ts';
import type { Named } from './bundle.ts';
import { baseName, checkName, nameAttribute } from './names.ts';

/** Rules of apigeelint about names that differ from the file's. */
const fileNameRules: Readonly<Record<string, string>> = {
  ProxyEndpoint: 'PD004',
  TargetEndpoint: 'TD003',
  policy: 'PO006',
};

/** The declarations of one kind in a bundle: checked, and each name once. */
export class Parts<C> {
  readonly #what: string;
  readonly #check: (root: XmlElement) => C | undefined;
  readonly #unreadable: Set<string>;
  readonly #diagnostics: Diagnostics;
  readonly #byName = new Map<string, Named<C> | undefined>();
  readonly #files = new Map<string, string>();

  /** @param check gives the configuration, undefined for a faulty one, which it reports */
  constructor(
    what: string,
    check: (root: XmlElement) => C | undefined,
    unreadable: Set<string>,
    diagnostics: Diagnostics,
  ) {
    this.#what = what;
    this.#check = check;
    this.#unreadable = unreadable;
    this.#diagnostics = diagnostics;
  }

  /** In the order of their files. */
  all(): Named<C>[] {
    return [...this.#byName.values()].filter((one) => one !== undefined);
  }

  add(root: XmlElement, path: string): void {
    const file = baseName(path);
    const attribute = nameAttribute(root);
    const name = attribute?.name ?? file;
    const at = attribute?.at ?? root.place;
    checkName('part', name, at, this.#diagnostics);
    const rule = fileNameRules[this.#what];
    if (rule !== undefined && name !== file) {
      const message = `The ${this.#what} "${name}" lies in a file of another name, ${file}.xml.`;
      this.#diagnostics.warning(rule, at, message, `Rename the file to ${name}.xml.`);
    }
    const other = this.#files.get(name);
    if (other !== undefined) {
      const message = `There are two ${plural(this.#what)} named "${name}"; the other is in ${other}.`;
      this.#diagnostics.error('ZH061', at, message, 'Rename one of them.');
      return;
    }
    this.#files.set(name, root.place.source.file);
    const config = this.#check(root);
    if (config === undefined) this.#unreadable.add(name);
    this.#byName.set(name, config === undefined ? undefined : { name, config, at: root.place });
  }
}

function plural(what: string): string {
  return what === 'policy' ? 'policies' : `${what}s`;
}
