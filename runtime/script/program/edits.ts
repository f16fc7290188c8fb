/** Changes to a text by offsets into the original; none adds or removes a line break, so that lines stay true. */
export class Edits {
  readonly #list: { readonly from: number; readonly to: number; readonly text: string; readonly order: number }[] = [];

  /** Texts put in at one offset stand in the order of the calls, unless `first` puts one before the others. */
  insert(at: number, text: string, first = false): void {
    this.replace(at, at, text, first);
  }

  replace(from: number, to: number, text: string, first = false): void {
    const order = first ? -this.#list.length - 1 : this.#list.length;
    this.#list.push({ from, to, text, order });
  }

  apply(text: string): string {
    if (this.#list.length === 0) return text;
    // Something put in at an offset stands before what replaces the text from there on.
    const sorted = this.#list.toSorted(
      (a, b) => a.from - b.from || Number(a.to > a.from) - Number(b.to > b.from) || a.order - b.order,
    );
    let result = '';
    let at = 0;
    for (const edit of sorted) {
      result += text.slice(at, edit.from) + edit.text;
      at = edit.to;
    }
    return result + text.slice(at);
  }
}
