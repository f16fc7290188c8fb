import { ratioName, ratioOf, type ScenarioResult, type Series } from './results.ts';
import { type Spread, spreadOf } from './statistics.ts';

/** Rows of a table whose columns are as wide as their widest cell; the first is aligned left, the others right. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, cell.length);
    });
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** One part of the table: a scenario, a row per peer. */
export function scenarioRows(result: ScenarioResult): string[][] {
  const columns = metricsOf(result);
  const head = [result.scenario, ...columns.flatMap(({ metric, unit }) => [`${metric}, ${unit}`, ratioName(result)])];
  const rows = result.peers.map(({ peer, series }) => [
    `  ${peer}`,
    ...columns.flatMap(({ metric }) =>
      cells(
        result,
        peer,
        series.find((one) => one.metric === metric),
      ),
    ),
  ]);
  return [head, ...rows];
}

function metricsOf(result: ScenarioResult): Series[] {
  const found = new Map<string, Series>();
  for (const { series } of result.peers)
    for (const one of series) if (!found.has(one.metric)) found.set(one.metric, one);
  return [...found.values()];
}

function cells(result: ScenarioResult, peer: string, series: Series | undefined): [string, string] {
  if (series === undefined) return ['', ''];
  const value = numberText(spreadOf(series.values).median);
  if (peer === result.base) return [value, '1'];
  const ratio = ratioOf(result, peer, series.metric);
  return [value, ratio === undefined ? '' : spreadText(ratio)];
}

export function spreadText({ median, low, high }: Spread): string {
  return `${numberText(median)} (${numberText(low)}–${numberText(high)})`;
}

/** Three digits that mean something. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return '?';
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(size >= 10 ? 1 : size >= 0.1 ? 2 : 4);
}
