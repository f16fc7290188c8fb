/** What the access log says of one outside request. */
export interface RequestLine {
  /** Proxy and endpoint that the base path led to; undefined for a request that no proxy saw. */
  readonly proxy?: string | undefined;
  readonly endpoint?: string | undefined;
  /** Proxies it went through in memory; undefined for none but the first. */
  readonly chain?: string | undefined;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  readonly milliseconds?: number | undefined;
  readonly client: string;
  readonly id?: string | undefined;
  /** The client left before its answer was out. */
  readonly aborted?: true | undefined;
  readonly fault?: string | undefined;
  /** Policy that raised the fault, and the file and line it is declared in. */
  readonly policy?: string | undefined;
  readonly at?: string | undefined;
  /** The deepest fault of the chain, when that is another one. */
  readonly cause?: LineCause | undefined;
}

export interface LineCause {
  readonly proxy: string;
  readonly fault: string;
  readonly policy?: string | undefined;
  readonly at?: string | undefined;
}

/**
 * The line as JSON, in the shape of all other log lines. Written out member by member: this is done for every request,
 * and takes a third of the time that a general serializer needs (bench/micro/request-line.ts).
 */
export function requestJson(line: RequestLine, time: string): string {
  const { proxy, endpoint, chain, milliseconds, id, fault, policy, at, cause } = line;
  let text = `{"level":30,"time":"${time}"`;
  if (proxy !== undefined) text += `,"proxy":${quoted(proxy)},"endpoint":${quoted(endpoint ?? '')}`;
  if (chain !== undefined) text += `,"chain":${quoted(chain)}`;
  text += `,"method":${quoted(line.method)},"path":${quoted(line.path)},"status":${line.status}`;
  if (milliseconds !== undefined) text += `,"milliseconds":${milliseconds}`;
  text += `,"client":${quoted(line.client)}`;
  if (id !== undefined) text += `,"id":"${id}"`;
  if (line.aborted === true) text += ',"aborted":true';
  if (fault !== undefined) text += `,"fault":${quoted(fault)}`;
  if (policy !== undefined) text += `,"policy":${quoted(policy)},"at":${quoted(at ?? '')}`;
  if (cause !== undefined) text += `,"cause":${JSON.stringify(cause)}`;
  return `${text},"msg":"request"}\n`;
}

/** What JSON must escape, and what a terminal or a log reader must not see as it is. */
const special = /["\\\u0000-\u001f\u007f-\uffff]/;

function quoted(text: string): string {
  return special.test(text) ? JSON.stringify(text) : `"${text}"`;
}
