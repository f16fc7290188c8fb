import type { JsonObject } from '../bundle/environment.ts';
import { invalid } from './failure.ts';
import { flagMember, textMember } from './members.ts';
import { environment, environmentName } from './places.ts';
import type { JsonMembers } from './request.ts';
import { resourceRoutes } from './resource-routes.ts';
import type { Route } from './route.ts';

/** Apigee: environments.targetservers. Both `isEnabled` and `enabled` are met; ports come as numbers and as texts. */
export const targetServerRoutes: readonly Route[] = resourceRoutes({
  kind: 'targetservers',
  path: `${environment}/targetservers`,
  parameter: 'targetserver',
  title: 'Target server',
  schema: 'TargetServer',
  listSchema: 'Names',
  codes: {
    absent: 'messaging.config.beans.TargetServerDoesNotExist',
    taken: 'messaging.config.beans.TargetServerAlreadyExists',
  },
  checkPlace: environmentName,
  read,
  show: ({ value }) => read(value, String(value.name)),
});

function read(body: JsonMembers, name: string): JsonObject {
  const { enabled, ...rest } = body;
  const port = Number(textMember(body, 'port') ?? 80);
  if (!Number.isInteger(port)) throw invalid('"port" must be a whole number.');
  const isEnabled = flagMember(body, 'isEnabled') ?? (enabled === undefined ? true : flagMember(body, 'enabled'));
  return { ...rest, name, port, isEnabled: isEnabled ?? true, protocol: textMember(body, 'protocol') ?? 'HTTP' };
}
