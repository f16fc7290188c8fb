import { type Results, ratioName, ratioOf, type ScenarioResult, type Series } from './results.ts';
import { spreadText } from './table.ts';

/**
 * Two runs side by side, by their ratios: absolute numbers of two runs cannot be compared, since the machine was not the
 * same. `differs` only when the middle halves of the rounds do not overlap.
 */
export function comparisonRows(before: Results, now: Results): string[][] {
  const rows = now.scenarios.flatMap((result) => {
    const old = before.scenarios.find((one) => one.scenario === result.scenario && one.base === result.base);
    if (old === undefined) return [];
    return result.peers.flatMap(({ peer, series }) =>
      peer === result.base ? [] : series.flatMap((one) => comparisonRow(old, result, peer, one)),
    );
  });
  const head = ['ratio', 'metric', 'before', 'now', ''];
  return rows.length === 0 ? [['no scenario is in both runs with the same base and a common peer']] : [head, ...rows];
}

function comparisonRow(old: ScenarioResult, now: ScenarioResult, peer: string, { metric }: Series): string[][] {
  const [before, after] = [ratioOf(old, peer, metric), ratioOf(now, peer, metric)];
  if (before === undefined || after === undefined) return [];
  const apart = before.high < after.low || after.high < before.low;
  const change = apart ? `differs by ${Math.round((after.median / before.median - 1) * 100)} %` : 'same within spread';
  return [
    [
      `  ${now.scenario}: ${ratioName(now).replace(/\bit\b/, peer)}`,
      metric,
      spreadText(before),
      spreadText(after),
      change,
    ],
  ];
}
