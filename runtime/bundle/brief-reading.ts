import { digestOf } from './digest.ts';
import { type BundleFiles, type LoadedBundle, loadBundle } from './read-bundle.ts';

/** Of a proxy what routing needs: its base configuration, where its endpoints are connected, and property sets. */
const routing = /^(?:[^/]+\.xml|proxies\/[^/]+|resources\/properties\/.+)$/i;

/**
 * Reads of a proxy only what routing needs: a tenth of the work, for the time before a server with hundreds of bundles
 * listens. What is not clean, and a shared flow bundle, is read as a whole, so that its mistakes are told at once; other
 * mistakes are found when the rest is read.
 */
export function loadBundleBriefly(given: BundleFiles): LoadedBundle {
  if (given.kind !== 'apiproxy' || (given.refusedLinks ?? []).length > 0) return loadBundle(given);
  const files = new Map<string, Uint8Array>();
  for (const [path, bytes] of given.files) {
    if (routing.test(path)) files.set(path, path.startsWith('proxies/') ? connectionAlone(bytes) : bytes);
  }
  const { bundle, diagnostics } = loadBundle({ ...given, files });
  if (diagnostics.list.length > 0 || bundle.proxyEndpoints.length === 0) return loadBundle(given);
  return { bundle: { ...bundle, digest: digestOf(given.files) }, diagnostics, files: given, isBrief: true };
}

/**
 * A ProxyEndpoint with blanks for all but its root and its HTTPProxyConnection, so that places stay what they are. As it
 * is when that cannot be told from the text alone.
 */
function connectionAlone(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  // What stands in comments and sections of text is no element.
  if (text.includes('<!')) return bytes;
  const rootEnd = text.indexOf('>', text.indexOf('<ProxyEndpoint')) + 1;
  const from = text.indexOf('<HTTPProxyConnection>');
  const to = text.indexOf(connectionEnd) + connectionEnd.length;
  const rootStart = text.lastIndexOf('</ProxyEndpoint');
  const isPlain = 0 < rootEnd && rootEnd <= from && from < to && to <= rootStart;
  if (!isPlain || text.includes('<HTTPProxyConnection>', from + 1)) return bytes;
  const parts = [
    text.slice(0, rootEnd),
    blank(text.slice(rootEnd, from)),
    text.slice(from, to),
    blank(text.slice(to, rootStart)),
    text.slice(rootStart),
  ];
  return Buffer.from(parts.join(''), 'latin1');
}

const connectionEnd = '</HTTPProxyConnection>';

function blank(text: string): string {
  return text.replace(/[^\r\n]+/g, (line) => ' '.repeat(line.length));
}
