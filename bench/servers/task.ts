import type { Workload } from '../scenarios.ts';

/** What a server program is started with, as JSON in its first argument. */
export interface Task {
  readonly workload: Workload;
  readonly port: number;
  readonly backendPort: number;
  /** Folder below which the peer's packages are installed; empty for none. */
  readonly packages: string;
  /** Folder for what the server writes. */
  readonly folder: string;
}

export function readTask(): Task {
  return JSON.parse(process.argv[2] ?? '') as Task;
}
