import { type DebugMask, emptyDebugMask } from '../bundle/debug-mask.ts';
import type { LoadedBundle } from '../bundle/load.ts';
import { Mask } from '../debug/mask.ts';
import { Recorder } from '../debug/recorder.ts';
import type { Session, SessionOptions } from '../debug/session.ts';
import { SessionRefusal, Sessions } from '../debug/sessions.ts';
import type { XPathEngine } from '../language/xpath.ts';
import type { Log } from '../log.ts';
import type { BundleId } from '../state/revisions.ts';
import type { Active } from './active.ts';
import { BundleSetCompiler } from './bundle-set-compiler.ts';
import type { Ground } from './deploy.ts';
import { type CompileRecorded, RecordingPlans } from './recording-plans.ts';
import { DeploymentRefusal } from './refusal.ts';
import { Snapshot } from './snapshot.ts';

/** Reads the files of what serves again; undefined when they are not there any more as they were. */
export type ReadServing = (id: BundleId) => Promise<LoadedBundle | undefined>;

/**
 * Debug sessions of what serves. While one is open, the proxies it is about serve with plans that record; with the last
 * one the snapshot that was there before serves again, the very same.
 */
export class Debugging {
  readonly sessions: Sessions;
  readonly #active: Active;
  readonly #ground: Ground;
  readonly #read: ReadServing;
  readonly #log: Log;
  readonly #recorder: Recorder;
  #mask: { readonly of: DebugMask; readonly mask: Mask } | undefined;
  #xpath: XPathEngine | undefined;
  #wanted = '';

  constructor(active: Active, ground: Ground, read: ReadServing, log: Log) {
    this.#active = active;
    this.#ground = ground;
    this.#read = read;
    this.#log = log;
    this.sessions = new Sessions(() => this.#refresh());
    this.#recorder = new Recorder(this.sessions, () => this.#currentMask());
  }

  /**
   * Opens a session, and waits until its proxy records.
   * @throws DeploymentRefusal notFound when the proxy, or that revision of it, does not serve
   * @throws SessionRefusal for a wrong filter, or when the proxy's files are not there any more
   */
  async open(options: SessionOptions): Promise<Session> {
    const { proxy, revision } = options;
    const serves = proxy === undefined ? undefined : this.#active.serving.plain.plans.get(proxy);
    if (proxy !== undefined && serves === undefined) {
      throw new DeploymentRefusal('notFound', `No proxy "${proxy}" serves: there is nothing to debug.`);
    }
    if (serves !== undefined && revision !== undefined && serves.revision !== revision) {
      const text = `Revision ${revision} of proxy "${proxy}" does not serve; revision ${serves.revision} does.`;
      throw new DeploymentRefusal('notFound', text);
    }
    await this.#prepareMask();
    const session = this.sessions.open(options);
    const { recording } = this.#active.serving.current;
    if (proxy === undefined || !(recording instanceof RecordingPlans)) return session;
    if (await recording.isReady(proxy)) return session;
    this.sessions.delete(session.id);
    const text = `The files of proxy "${proxy}" are not there any more as they were deployed: deploy it again to debug it.`;
    throw new SessionRefusal(text);
  }

  /** Opens the session that keeps the latest calls of everything: a developer's server has one. */
  openRolling(count: number): void {
    this.open({
      ...{ proxy: undefined, revision: undefined, filter: '', count, rolling: true, timeout: 0 },
      bodyLimit: 64 * 1024,
    }).catch((error: unknown) => this.#log.error({ error: String(error) }, 'calls are not recorded'));
  }

  close(): void {
    this.sessions.close();
  }

  #refresh(): void {
    const { all, proxies } = this.sessions.wanted();
    const wanted = all ? '*' : [...proxies].sort().join('\n');
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    const { serving } = this.#active;
    if (wanted === '') {
      serving.overlay(undefined);
      return;
    }
    serving.overlay((plain) => {
      const isWanted = (proxy: string): boolean => all || proxies.has(proxy);
      const plans = new RecordingPlans(plain, this.#recorder, this.#compile, isWanted);
      return new Snapshot(this.#active.environment, plain.compiled, plans);
    });
  }

  readonly #compile: CompileRecorded = async ({ name, revision, digest }, kind) => {
    try {
      const loaded = await this.#read({ kind, name });
      if (loaded?.bundle.digest !== digest || loaded.bundle.revision !== revision) return undefined;
      const set = await BundleSetCompiler.open([loaded], this.#active.environment, this.#ground);
      const { compiled } = set.compile(loaded, this.#recorder.plans);
      return loaded.diagnostics.errorCount > 0 ? undefined : compiled;
    } catch (error) {
      // Who calls the proxy is not to suffer from somebody looking at it.
      this.#log.error({ bundle: name, error: String(error) }, 'a bundle cannot be compiled for a debug session');
      return undefined;
    }
  };

  /** What the environment's mask hides now; XPaths of one that came after the last session was opened hide all XML. */
  #currentMask(): Mask {
    const of = this.#active.environment.debugMask ?? emptyDebugMask;
    if (this.#mask?.of !== of) this.#mask = { of, mask: new Mask(of, this.#xpath) };
    return this.#mask.mask;
  }

  async #prepareMask(): Promise<void> {
    const { requestXPaths, responseXPaths, faultXPaths } = this.#active.environment.debugMask ?? emptyDebugMask;
    if (this.#xpath !== undefined || [...requestXPaths, ...responseXPaths, ...faultXPaths].length === 0) return;
    this.#xpath = await this.#ground.engines.forXPath();
    this.#mask = undefined;
  }
}
