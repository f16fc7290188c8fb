/**
 * The positions of an expression: each place where it takes a character, and which places can follow which
 * (Glushkov's construction). Made to be looked at, never to match anything.
 */
export interface Automaton {
  /** By position: the positions that can follow, and in how many ways (`(a+)+`: by either of the repetitions). */
  readonly follow: readonly ReadonlyMap<number, number>[];
  readonly before: readonly ReadonlySet<number>[];
  /** Positions a match can end at. */
  readonly last: ReadonlySet<number>;
  /** Whether a match asks for more than its characters: an end, a border of a word, something around it. */
  readonly anchored: boolean;
  /** Whether some character fits both positions. */
  readonly overlap: (one: number, other: number) => boolean;
}

interface Fragment {
  readonly nullable: boolean;
  readonly first: readonly number[];
  readonly last: readonly number[];
}

/** Larger expressions are left alone. */
const maximumPositions = 300;
/** From this count on a repetition is as bad as one without end. */
const manyTimes = 10;

const empty: Fragment = { nullable: true, first: [], last: [] };

/** Reads what `javaRegex` writes: classes, named groups and `v` mode. Undefined for an expression that is too large. */
export function automatonOf(regex: RegExp): Automaton | undefined {
  const builder = new Builder(regex.source);
  const whole = builder.alternatives();
  if (builder.atoms.length > maximumPositions) return undefined;
  const before = builder.atoms.map(() => new Set<number>());
  builder.follow.forEach((next, position) => {
    for (const one of next.keys()) before[one]?.add(position);
  });
  return {
    follow: builder.follow,
    before,
    last: new Set(whole.last),
    anchored: builder.anchored,
    overlap: overlapOf(builder.atoms),
  };
}

class Builder {
  readonly #source: string;
  #at: number;
  readonly atoms: string[] = [];
  readonly follow: Map<number, number>[] = [];
  anchored: boolean;

  constructor(source: string) {
    this.#source = source;
    this.#at = 0;
    this.anchored = false;
  }

  /** Up to a closing parenthesis, which is left. */
  alternatives(): Fragment {
    let whole = this.#sequence();
    while (this.#source.charAt(this.#at) === '|') {
      this.#at++;
      const next = this.#sequence();
      whole = {
        nullable: whole.nullable || next.nullable,
        first: [...whole.first, ...next.first],
        last: [...whole.last, ...next.last],
      };
    }
    return whole;
  }

  #sequence(): Fragment {
    let whole = empty;
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source.charAt(this.#at))) {
      const next = this.#repeated(this.#atom());
      this.#connect(whole.last, next.first);
      whole = {
        nullable: whole.nullable && next.nullable,
        first: whole.nullable ? [...whole.first, ...next.first] : whole.first,
        last: next.nullable ? [...whole.last, ...next.last] : next.last,
      };
    }
    return whole;
  }

  #repeated(unit: Fragment): Fragment {
    const [taken, minimum, comma, maximum] = this.#take(/(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/y) ?? [];
    if (taken === undefined) return unit;
    const mark = taken.charAt(0);
    const most = comma === undefined ? Number(minimum) : maximum === '' ? Number.POSITIVE_INFINITY : Number(maximum);
    if (mark === '*' || mark === '+' || most >= manyTimes) this.#connect(unit.last, unit.first);
    const isOptional = mark === '*' || mark === '?' || Number(minimum) === 0;
    return isOptional ? { ...unit, nullable: true } : unit;
  }

  #atom(): Fragment {
    if (this.#take(/\^/y) !== undefined) return empty;
    if (this.#take(/\$|\\b/iy) !== undefined) {
      this.anchored = true;
      return empty;
    }
    if (this.#take(/\\k<\w+>/y) !== undefined) return empty;
    const open = this.#take(/\((?:\?(?:<?[=!]|:|<\w+>))?/y)?.[0];
    if (open !== undefined) {
      const inner = this.alternatives();
      this.#at++;
      if (!/[=!]$/.test(open)) return inner;
      this.anchored = true;
      return empty;
    }
    return this.#position(this.#source.charAt(this.#at) === '[' ? this.#class() : (this.#take(character)?.[0] ?? ''));
  }

  /** A class with those inside it. */
  #class(): string {
    const start = this.#at;
    let depth = 0;
    do {
      const [taken = ''] = this.#take(/\\.|[^\\]/suy) ?? [];
      if (taken === '[') depth++;
      else if (taken === ']') depth--;
    } while (depth > 0 && this.#at < this.#source.length);
    return this.#source.slice(start, this.#at);
  }

  #position(atom: string): Fragment {
    const position = this.atoms.length;
    // Beyond the limit nothing is asked of them any more.
    if (position <= maximumPositions) {
      this.atoms.push(atom);
      this.follow.push(new Map());
    }
    return { nullable: false, first: [position], last: [position] };
  }

  #connect(from: readonly number[], to: readonly number[]): void {
    if (this.atoms.length > maximumPositions) return;
    for (const one of from) {
      const next = this.follow[one];
      for (const other of to) next?.set(other, (next.get(other) ?? 0) + 1);
    }
  }

  #take(sticky: RegExp): RegExpExecArray | undefined {
    sticky.lastIndex = this.#at;
    const match = sticky.exec(this.#source);
    if (match === null) return undefined;
    this.#at += match[0].length;
    return match;
  }
}

const character = /\\(?:u\{[0-9a-f]+\}|x[0-9a-f]{2}|[pP]\{[^}]*\}|.)|./suy;

/** Tried on every atom: ASCII, and some of what lies beyond it. What the expression names itself comes on top. */
const samples: readonly string[] = [
  ...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)),
  ...['\u0085', '\u00a0', 'é', 'É', 'α', 'ж', '中', '\u2028', '٣', '😀'],
];

function overlapOf(atoms: readonly string[]): (one: number, other: number) => boolean {
  const distinct = [...new Set(atoms)];
  const named = distinct.flatMap((atom) =>
    [...atom.matchAll(/\\u\{([0-9a-f]+)\}|\\x([8-9a-f][0-9a-f])/g)].map((found) =>
      String.fromCodePoint(Number.parseInt(found[1] ?? found[2] ?? '0', 16)),
    ),
  );
  const alphabet = [...new Set([...samples, ...named])];
  const taken = new Map(
    distinct.map((atom) => {
      const regex = new RegExp(`^${atom}$`, 'v');
      return [atom, new Set(alphabet.filter((one) => regex.test(one)))];
    }),
  );
  const known = new Map<string, boolean>();
  return (one, other) => {
    const [a = '', b = ''] = [atoms[one], atoms[other]];
    if (a === b) return true;
    const key = `${a}\0${b}`;
    let answer = known.get(key);
    if (answer === undefined) {
      const others = taken.get(b);
      answer = others !== undefined && [...(taken.get(a) ?? [])].some((sample) => others.has(sample));
      known.set(key, answer);
    }
    return answer;
  };
}
