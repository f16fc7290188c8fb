/** What a store gives: the value at once, or a promise of it. */
export type Answer<T> = T | Promise<T>;

/** Goes on with an answer as soon as it is there, without a promise when it is there now. */
export function after<T, R>(answer: Answer<T>, next: (value: T) => Answer<R>): Answer<R> {
  return answer instanceof Promise ? answer.then(next) : next(answer);
}

/** Does `work` for one item after the other, each only when the one before is done. */
export function inTurn<T>(items: readonly T[], work: (item: T) => Answer<unknown>, from = 0): Answer<undefined> {
  for (let index = from; index < items.length; index++) {
    const answer = work(items[index] as T);
    if (answer instanceof Promise) return answer.then(() => inTurn(items, work, index + 1));
  }
  return undefined;
}

/** Answers that are waited for together; without a promise when all of them are there. */
export function allOf<const T extends readonly unknown[]>(
  answers: T,
): Answer<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  type Values = { -readonly [K in keyof T]: Awaited<T[K]> };
  if (answers.some((answer) => answer instanceof Promise)) return Promise.all(answers) as Promise<Values>;
  return answers as unknown as Values;
}
