import { type Automaton, automatonOf } from './regex-automaton.ts';

/**
 * Whether some text makes the expression take time exponential in the text's length. Expressions run by backtracking, in
 * Java as here, and one such expression on a text from outside stops the whole process; so authors are warned.
 *
 * It does so when a repetition can come back to where it was in two ways on the same text: `(a+)+`, `(a|a)*`,
 * `(\w|\d)*`. (Weber and Seidl, "On the degree of ambiguity of finite automata": exponential degree.) Look-arounds and
 * back-references are taken as empty, counted repetitions as open ones; when the expression is too large to tell, the
 * answer is no.
 * @param regex made by `javaRegex`
 */
export function backtracksExponentially(regex: RegExp): boolean {
  const automaton = automatonOf(regex);
  if (automaton === undefined) return false;
  const budget = { steps: 1_000_000 };
  for (let start = 0; start < automaton.follow.length; start++) {
    const loop = loopOf(automaton, start);
    // What may end a match that nothing else is asked of cannot fail, so there is nothing to go back for.
    if (loop === undefined || (!automaton.anchored && loop.some((position) => automaton.last.has(position)))) continue;
    if (comesBackTwice(automaton, start, new Set(loop), budget)) return true;
    if (budget.steps <= 0) return false;
  }
  return false;
}

/** What to tell the author of such an expression. */
export const backtrackingAdvice = {
  message:
    'This expression can take exponential time: a repetition in it can go over the same text in more than one way, ' +
    'and a client who sends such a text stops the server.',
  hint: 'make the inner repetition possessive, such as (a++)+, or its alternatives exclude each other',
} as const;

/** The positions that can be reached from one and lead back to it; undefined when it is in no loop. */
function loopOf(automaton: Automaton, start: number): number[] | undefined {
  const reached = reachable(start, (position) => [...(automaton.follow[position]?.keys() ?? [])]);
  if (!reached.has(start)) return undefined;
  const leading = reachable(start, (position) => [...(automaton.before[position] ?? [])]);
  return [...reached].filter((position) => leading.has(position));
}

function reachable(start: number, next: (position: number) => readonly number[]): Set<number> {
  const reached = new Set<number>();
  const waiting = [...next(start)];
  for (let position = waiting.pop(); position !== undefined; position = waiting.pop()) {
    if (reached.has(position)) continue;
    reached.add(position);
    waiting.push(...next(position));
  }
  return reached;
}

/** Walks two paths at once over the same text, from `start`: do they meet there again after having been apart? */
function comesBackTwice(
  automaton: Automaton,
  start: number,
  loop: ReadonlySet<number>,
  budget: { steps: number },
): boolean {
  const { follow, overlap } = automaton;
  const size = follow.length;
  const seen = new Set<number>();
  const waiting: { readonly one: number; readonly other: number; readonly apart: boolean }[] = [
    { one: start, other: start, apart: false },
  ];
  for (let pair = waiting.pop(); pair !== undefined; pair = waiting.pop()) {
    for (const [one, ways] of follow[pair.one] ?? []) {
      if (!loop.has(one)) continue;
      for (const other of follow[pair.other]?.keys() ?? []) {
        if (--budget.steps <= 0) return false;
        if (!loop.has(other) || !overlap(one, other)) continue;
        const apart = pair.apart || one !== other || (pair.one === pair.other && ways > 1);
        if (apart && one === start && other === start) return true;
        const key = ((apart ? 1 : 0) * size + one) * size + other;
        if (seen.has(key)) continue;
        seen.add(key);
        waiting.push({ one, other, apart });
      }
    }
  }
  return false;
}
