/**
 * One server-sent event while an EventFlow looks at it. Its content is its lines as they came, without the blank line
 * that ends it. WHATWG HTML: server-sent events, parsing an event stream.
 */
export class CurrentEvent {
  /** The first event of a response is 1. */
  readonly count: number;
  #content: string;
  #changed = false;

  constructor(count: number, content: string) {
    this.count = count;
    this.#content = content;
  }

  /** Whether somebody wrote it: what nobody wrote goes on byte for byte. */
  get changed(): boolean {
    return this.#changed;
  }

  get content(): string {
    return this.#content;
  }

  set content(text: string) {
    this.#content = text;
    this.#changed = true;
  }

  /** The values of all `data` lines, with line feeds between them; undefined for an event without one. */
  get data(): string | undefined {
    return dataOf(this.#content);
  }

  /** Puts new `data` lines where the first one was; all other lines stay. */
  set data(text: string) {
    const lines = text.split(lineEnd).map((line) => `data: ${line}`);
    const others = this.#content === '' ? [] : this.#content.split(lineEnd);
    const first = others.findIndex(isData);
    const before = first === -1 ? others : others.slice(0, first);
    const after = first === -1 ? [] : others.slice(first);
    this.content = [...before, ...lines, ...after.filter((line) => !isData(line))].join('\n');
  }

  /** What policies did to it is undone, as far as sending is concerned. */
  drop(): void {
    this.#content = '';
    this.#changed = false;
  }

  /** The text that goes out for a changed event, ended by a blank line; empty when it is to be left out. */
  get outgoing(): string {
    const text = this.#content;
    if (text.trim() === '') return '';
    if (/(?:\r\n|\n|\r)(?:\r\n|\n|\r)$/.test(text)) return text;
    return /[\r\n]$/.test(text) ? `${text}\n` : `${text}\n\n`;
  }
}

/** The data of an event's lines; undefined when it has none. */
export function dataOf(content: string): string | undefined {
  const values = content.split(lineEnd).filter(isData);
  if (values.length === 0) return undefined;
  return values.map((line) => line.slice(5).replace(/^ /, '')).join('\n');
}

const lineEnd = /\r\n|\n|\r/;

function isData(line: string): boolean {
  return line === 'data' || line.startsWith('data:');
}
