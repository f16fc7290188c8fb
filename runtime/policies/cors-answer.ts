/** What a browser asks with a cross-origin request. */
export interface CorsRequest {
  readonly origin: string;
  /** Access-Control-Request-Method. */
  readonly method: string | undefined;
  /** Access-Control-Request-Headers. */
  readonly headers: string | undefined;
  readonly isPreflight: boolean;
}

/** What the configuration allows: lists with commas, or `*`. */
export interface CorsRules {
  readonly origins: string;
  readonly methods: string;
  readonly headers: string;
  readonly exposed: string;
  readonly maxAge: string;
  readonly credentials: boolean;
}

/** Values of the headers of an answer. */
export interface CorsAnswer {
  readonly originAllowed: boolean;
  /** Empty when not allowed. */
  readonly origin: string;
  readonly methods: string;
  readonly headers: string;
  readonly exposed: string;
  readonly maxAge: string;
  readonly credentials: boolean;
  /** Whether origin, method and headers that were asked for are all allowed. */
  readonly preflightAccepted: boolean;
}

/**
 * Fetch standard, CORS check: origins compare exactly. With credentials `*` means nothing to a browser, so what was
 * asked for is named instead.
 */
export function answerOf(asked: CorsRequest, rules: CorsRules): CorsAnswer {
  const origins = listOf(rules.origins);
  const everybody = origins.includes('*');
  const originAllowed = everybody || origins.includes(asked.origin);
  const methods = namedOr(rules.methods, rules.credentials, asked.method);
  const headers = namedOr(rules.headers, rules.credentials, asked.headers);
  return {
    originAllowed,
    origin: !originAllowed ? '' : everybody && !rules.credentials ? '*' : asked.origin,
    methods,
    headers,
    exposed: rules.exposed,
    maxAge: rules.maxAge,
    credentials: rules.credentials,
    preflightAccepted:
      originAllowed && admits(methods, listOf(asked.method ?? '')) && admits(headers, listOf(asked.headers ?? '')),
  };
}

function namedOr(list: string, credentials: boolean, asked: string | undefined): string {
  return list === '*' && credentials && asked !== undefined ? asked : list;
}

function admits(list: string, asked: readonly string[]): boolean {
  if (asked.length === 0) return true;
  const allowed = new Set(listOf(list.toLowerCase()));
  return allowed.has('*') || asked.every((one) => allowed.has(one.toLowerCase()));
}

export function listOf(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
