import type { Diagnostic } from '../diagnostic.ts';
import { parseWholeNumber } from '../settings.ts';
import { dryRun } from './dry-run.ts';
import { eslintJson } from './format/eslint-json.ts';
import { type Findings, findingsOf } from './format/findings.ts';
import { github } from './format/github.ts';
import { junit } from './format/junit.ts';
import { sarif } from './format/sarif.ts';
import { stylish } from './format/stylish.ts';

/** How findings can be written; the names are the values of `--format`. */
export const formats: Readonly<Record<FormatName, (findings: Findings) => string>> = {
  stylish,
  json: eslintJson,
  sarif,
  junit,
  github,
};

export const formatNames = ['stylish', 'json', 'sarif', 'junit', 'github'] as const;
export type FormatName = (typeof formatNames)[number];

export interface ValidateOptions {
  readonly format: FormatName;
  readonly maxWarnings?: string;
  readonly environment?: string;
  readonly overrides?: string;
}

/**
 * Checks as a deployment does, and serves nothing.
 * @returns exit code: 0 clean, 1 errors or more warnings than allowed
 */
export async function validate(paths: readonly string[], options: ValidateOptions): Promise<number> {
  const most =
    options.maxWarnings === undefined ? undefined : parseWholeNumber(options.maxWarnings, '--max-warnings', 0, 1e9);
  const found: Diagnostic[] = [];
  let bundles = 0;
  for (const path of paths) {
    const deployment = await dryRun(path, options.environment, (one) => one, options.overrides);
    found.push(...deployment.diagnostics);
    bundles += deployment.bundles.length;
  }
  const findings = findingsOf(found, bundles);
  process.stdout.write(formats[options.format](findings));
  const { errors, warnings } = findings;
  return errors > 0 || bundles === 0 || (most !== undefined && warnings > most) ? 1 : 0;
}
