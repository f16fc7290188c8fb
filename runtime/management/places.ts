import type { ApiContext } from './context.ts';
import { absent } from './failure.ts';
import type { ApiRequest } from './request.ts';

/** Paths that resources lie below. */
export const organization = '/v1/organizations/{organization}';
export const environment = `${organization}/environments/{environment}`;
export const api = `${organization}/apis/{api}`;

/** The environment that the path names, which must be the one that is active. @throws ApiError 404 */
export function environmentName(request: ApiRequest, { deployments }: ApiContext): string {
  const name = request.name('environment');
  const active = deployments.environment.name;
  if (name === active) return name;
  throw absent(
    'messaging.config.beans.EnvironmentDoesNotExist',
    `There is no environment "${name}" here; "${active}" is served. Start with --environment ${name} for another.`,
  );
}
