/** Names of the object model that a script finds in its scope. Apigee: JavaScript object model reference. */
export const modelNames: ReadonlySet<string> = new Set([
  ...['context', 'request', 'response', 'crypto', 'print', 'properties', 'httpClient', 'Request'],
]);

/** Globals of ECMAScript that both engines have. */
export const standardNames: ReadonlySet<string> = new Set([
  ...[
    'Object',
    'Function',
    'Array',
    'String',
    'Number',
    'Boolean',
    'Symbol',
    'BigInt',
    'Date',
    'RegExp',
    'Math',
    'JSON',
  ],
  ...['Error', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError', 'AggregateError'],
  ...['Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'FinalizationRegistry', 'Promise', 'Proxy', 'Reflect'],
  ...['ArrayBuffer', 'SharedArrayBuffer', 'DataView', 'Atomics', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray'],
  ...['Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'BigInt64Array', 'BigUint64Array', 'Float32Array'],
  ...['Float64Array', 'parseInt', 'parseFloat', 'isNaN', 'isFinite', 'decodeURI', 'decodeURIComponent', 'encodeURI'],
  ...['encodeURIComponent', 'escape', 'unescape', 'eval', 'undefined', 'NaN', 'Infinity', 'globalThis'],
]);

/** What scripts of Apigee may have met in its Java engine, or in a browser, and what to do instead here. */
export const absentNames: ReadonlyMap<string, string> = new Map([
  ...['java', 'javax', 'Packages', 'JavaImporter', 'importPackage', 'importClass', 'JavaAdapter'].map(
    (name) => [name, 'There is no Java here: use what JavaScript and the object model offer.'] as const,
  ),
  ...['XML', 'XMLList', 'Namespace', 'QName', 'isXMLName'].map(
    (name) => [name, 'E4X is not supported: read XML with content.asXML, and build it as a text.'] as const,
  ),
  ...['load', 'require'].map((name) => [name, 'Name the file in an <IncludeURL> of the policy.'] as const),
  ...['setTimeout', 'setInterval', 'setImmediate'].map(
    (name) => [name, 'Apigee has no timers either: a script runs from its first line to its last.'] as const,
  ),
  ['console', 'Use print(...).'],
]);
