import { callMap } from '../deployment/call-map.ts';
import { CommandFailure } from '../settings.ts';
import { dryRun } from './dry-run.ts';
import { formatGraph, type GraphFormat } from './format/call-graph.ts';
import { hasColor, painter } from './terminal.ts';

export interface GraphOptions {
  readonly format: GraphFormat;
  readonly environment?: string;
}

/** Draws who calls whom in a bundle directory. */
export async function graph(directory: string, options: GraphOptions): Promise<void> {
  await dryRun(directory, options.environment, ({ snapshot, bundles }, all) => {
    if (bundles.length === 0) throw new CommandFailure(`${directory} holds no bundle.`);
    process.stdout.write(formatGraph(callMap(snapshot, all), options.format, painter(hasColor(process.stdout))));
    for (const { name, folder, state } of bundles) {
      if (state !== 'refused') continue;
      process.stderr.write(`"${name}" is left out because of errors: zerohop validate ${folder}\n`);
    }
  });
}
