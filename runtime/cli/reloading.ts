import { type Reload, watchDirectory } from '../deployment/reload.ts';
import type { Log } from '../log.ts';
import type { Gateway } from '../management/gateway.ts';
import type { Settings } from '../settings.ts';
import { ReloadReport } from './reload-report.ts';
import { hasColor, painter } from './terminal.ts';

/** Reloads what changes in the directory of a running gateway, and tells about it on standard error and in the log. */
export async function startReloading(gateway: Gateway, settings: Settings, log: Log): Promise<Reload | undefined> {
  const { loaded: first, deployments } = gateway;
  if (first === undefined) return undefined;
  const color = hasColor(process.stderr);
  const report = new ReloadReport(gateway.deployment, painter(color), color);
  return watchDirectory(settings.directory, first, {
    environment: settings.environment,
    apply: async (loaded, change, since) => {
      const deployment = await deployments.reloadDirectory(loaded);
      const milliseconds = Date.now() - since;
      process.stderr.write(report.text({ loaded, change, deployment, milliseconds }));
      const names = (list: readonly { readonly name: string }[]): string[] => list.map((one) => one.name);
      const faulty = deployment.bundles.filter((one) => one.state !== 'deployed');
      const { added, changed, removed, environment } = change;
      const fields = { added: names(added), changed: names(changed), removed: names(removed), environment };
      // On a terminal the lines above say it already.
      if (settings.logFormat === 'json') log.info({ ...fields, faulty: names(faulty), milliseconds }, 'reloaded');
    },
    failed: (error) => {
      const reason = reasonOf(error);
      process.stderr.write(`Not reloaded: ${reason}. What serves goes on serving.\n`);
      log.error({ error: reason }, 'reload failed');
    },
  });
}

function reasonOf(error: unknown): string {
  const { code, message = String(error) } = error as NodeJS.ErrnoException;
  // ENOSPC and EMFILE are what Linux answers when it watches as much as it may.
  if (code !== 'ENOSPC' && code !== 'EMFILE') return message;
  return `${message}; raise fs.inotify.max_user_watches and max_user_instances, or set CHOKIDAR_USEPOLLING=1`;
}
