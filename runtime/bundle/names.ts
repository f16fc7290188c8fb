import type { Diagnostics, Place } from '../diagnostic.ts';
import type { XmlElement } from '../xml/element.ts';

/** Names of policies, endpoints and shared flows. Apigee: flow configuration reference. */
const partName = /^[A-Za-z0-9._\-$% ]+$/;
/** Names of proxies and shared flow bundles. Apigee: API proxy configuration reference, base configuration. */
const bundleName = /^[A-Za-z0-9_-]+$/;

/** The last part of a path, without `.xml`. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.xml$/i, '');
}

/** The `name` attribute; undefined when there is none or it is empty. */
export function nameAttribute(root: XmlElement): { readonly name: string; readonly at: Place } | undefined {
  const attribute = root.attributes.find((one) => one.name === 'name');
  const name = attribute?.value.trim() ?? '';
  return attribute === undefined || name === '' ? undefined : { name, at: attribute.place };
}

/** Apigee refuses such names on import; here they work. */
export function checkName(kind: 'bundle' | 'part', name: string, at: Place, diagnostics: Diagnostics): void {
  if ((kind === 'bundle' ? bundleName : partName).test(name)) return;
  const allowed = kind === 'bundle' ? 'letters, digits, "-" and "_"' : 'letters, digits, blanks and . _ - $ %';
  diagnostics.warning('ZH062', at, `Apigee does not accept the name "${name}".`, `Use ${allowed} only.`);
}
