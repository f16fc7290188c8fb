import { type Diagnostics, wholeFile } from '../diagnostic.ts';
import type { Resource } from './bundle.ts';
import { parseProperties } from './properties-file.ts';
import { readText } from './text-file.ts';

export interface Resources {
  /** By `TYPE://NAME`. */
  readonly resources: Map<string, Resource>;
  /** Values of property sets, by `SET.KEY`. */
  readonly properties: Map<string, string>;
}

/**
 * Resources and property sets of a bundle or an environment.
 * @param files by path below `resources/`
 */
export function readResources(
  files: Iterable<readonly [path: string, file: string, bytes: Uint8Array]>,
  diagnostics: Diagnostics,
): Resources {
  const resources = new Map<string, Resource>();
  const properties = new Map<string, string>();
  for (const [path, file, bytes] of files) {
    const slash = path.indexOf('/');
    if (slash === -1) {
      const message = 'This resource has no type: it lies in resources/ itself and cannot be referred to.';
      diagnostics.warning('ZH064', wholeFile(file), message, 'Move it to resources/jsc, resources/xsl ...');
      continue;
    }
    const type = path.slice(0, slash);
    const name = path.slice(slash + 1);
    resources.set(`${type}://${name}`, { type, name, file, bytes });
    if (type === 'properties') readPropertySet(name, file, bytes, properties, diagnostics);
  }
  return { resources, properties };
}

function readPropertySet(
  name: string,
  file: string,
  bytes: Uint8Array,
  properties: Map<string, string>,
  diagnostics: Diagnostics,
): void {
  if (!name.endsWith('.properties')) {
    const message = 'Property sets are files named *.properties; this one is not read.';
    diagnostics.warning('ZH064', wholeFile(file), message);
    return;
  }
  const source = readText(file, bytes, diagnostics);
  if (source === undefined) return;
  const set = name.slice(0, -'.properties'.length);
  for (const [key, value] of parseProperties(source, diagnostics)) properties.set(`${set}.${key}`, value);
}
