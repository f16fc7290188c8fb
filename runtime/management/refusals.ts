import { DeploymentRefusal, type RefusalReason } from '../deployment/refusal.ts';
import { StoreFailure } from '../state/store-failure.ts';
import { ApiError } from './failure.ts';

/** Status and Edge's error code of what a deployment can refuse. */
const answers: Readonly<Record<RefusalReason, readonly [status: number, code: string]>> = {
  notFound: [404, 'messaging.config.beans.ApplicationDoesNotExist'],
  alreadyDeployed: [400, 'distribution.RevisionAlreadyDeployed'],
  stillDeployed: [400, 'messaging.config.beans.ApplicationIsDeployed'],
  notDeployed: [400, 'distribution.ApplicationNotDeployed'],
  faulty: [400, 'messaging.config.beans.InvalidBundle'],
  badArchive: [400, 'messaging.config.beans.ImportFailed'],
  badName: [400, 'messaging.config.beans.InvalidName'],
  storage: [503, 'request.StorageFailed'],
};

/** What to answer for a failure; undefined: nobody foresaw it. */
export function apiErrorOf(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  if (error instanceof StoreFailure) return new ApiError(503, 'request.StorageFailed', 'The store is out of reach.');
  if (!(error instanceof DeploymentRefusal)) return undefined;
  const [status, code] = answers[error.reason];
  return new ApiError(status, code, error.message, { diagnostics: error.diagnostics });
}
