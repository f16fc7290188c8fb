import { packageVersion } from '../../version.ts';
import { type Findings, fullMessage } from './findings.ts';

/** SARIF 2.1.0, as code scanning services read it (OASIS, sections 3.13 to 3.30). */
export function sarif({ diagnostics }: Findings): string {
  const rules = [...new Set(diagnostics.map((one) => one.code))].sort();
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'zerohop', version: packageVersion(), rules: rules.map((id) => ({ id })) } },
        columnKind: 'utf16CodeUnits',
        results: diagnostics.map((one) => ({
          ruleId: one.code,
          ruleIndex: rules.indexOf(one.code),
          level: one.severity,
          message: { text: fullMessage(one) },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: one.file.split(/[\\/]/).map(encodeURIComponent).join('/') },
                region: {
                  startLine: one.line,
                  startColumn: one.column,
                  endColumn: one.column + Math.max(one.length, 1),
                  snippet: { text: one.excerpt },
                },
              },
            },
          ],
        })),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}
