import { type ScenarioResult, seriesOf } from './results.ts';
import { ratios, spreadOf } from './statistics.ts';
import { numberText, spreadText } from './table.ts';

/** A goal of zerohop, as the ratio of its own CPU time to that of a peer in the same run. */
interface Goal {
  readonly scenario: string;
  readonly peer: string;
  readonly must: number;
  readonly ambitious: number;
}

const goals: readonly Goal[] = [
  { scenario: 'extra-hop-static', peer: 'nginx', must: 1 / 5, ambitious: 1 / 15 },
  { scenario: 'extra-hop-static', peer: 'nginx-lua', must: 1.5, ambitious: 0.5 },
  { scenario: 'extra-hop-static', peer: 'fastify', must: 1 / 50, ambitious: 1 / 120 },
  { scenario: 'pass-through', peer: 'node-undici', must: 1.25, ambitious: 1.1 },
  { scenario: 'pass-through', peer: 'microgateway-core', must: 0.5, ambitious: 0.33 },
  { scenario: 'pass-through', peer: 'fastify', must: 0.75, ambitious: 0.55 },
  { scenario: 'pass-through', peer: 'express-gateway', must: 0.1, ambitious: 0.1 },
  { scenario: 'pass-through', peer: 'nginx', must: 3.5, ambitious: 3 },
  { scenario: 'static', peer: 'node-static', must: 1.3, ambitious: 1.1 },
  { scenario: 'chain-static-3', peer: 'nginx', must: 1.1, ambitious: 0.8 },
  { scenario: 'chain-static-10', peer: 'nginx', must: 0.35, ambitious: 0.2 },
  { scenario: 'chain-backend-3', peer: 'nginx', must: 1, ambitious: 0.7 },
  { scenario: 'chain-backend-5', peer: 'nginx', must: 1, ambitious: 0.8 },
  { scenario: 'chain-backend-10', peer: 'nginx', must: 0.4, ambitious: 0.25 },
  { scenario: 'up-1m', peer: 'node-undici', must: 1.1, ambitious: 1.1 },
  { scenario: 'down-1m', peer: 'node-undici', must: 1.1, ambitious: 1.1 },
];

/** With fewer rounds quartiles mean nothing, and no goal is judged. */
const fewestRounds = 5;

/** Rows of the goals this run can say something about. */
export function goalRows(results: readonly ScenarioResult[]): string[][] {
  const rows = goals.flatMap((goal) => {
    const result = results.find((one) => one.scenario === goal.scenario);
    const own = result && seriesOf(result, 'zerohop');
    const other = result && seriesOf(result, goal.peer);
    if (own === undefined || other === undefined || own.values.length < fewestRounds) return [];
    const spread = spreadOf(ratios(own.values, other.values));
    const verdict = verdictOf(spread.low, spread.high, goal.must);
    return [
      [
        `  ${goal.scenario}: zerohop ÷ ${goal.peer}`,
        spreadText(spread),
        numberText(goal.must),
        verdict,
        numberText(goal.ambitious),
        verdictOf(spread.low, spread.high, goal.ambitious),
      ],
    ];
  });
  return rows.length === 0 ? [] : [['goals', 'measured', 'must', '', 'ambitious', ''], ...rows];
}

/** Said only when the middle half of the rounds lies on one side. */
function verdictOf(low: number, high: number, limit: number): string {
  if (high <= limit) return 'met';
  return low > limit ? 'missed' : 'undecided';
}
