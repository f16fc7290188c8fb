import { escapeXml } from '../language/escape.ts';
import { type Access, type Property, pointsOf, type Result } from './apigee-points.ts';
import type { TraceCall } from './trace.ts';

/** Calls as the XML file that Edge's trace tool downloads and its viewers read. */
export function edgeXml(calls: readonly TraceCall[], session: string): string {
  const [first] = calls;
  const head = [
    `<Retrieved>${new Date().toISOString()}</Retrieved>`,
    `<Organization>${escapeXml(first?.organization ?? '')}</Organization>`,
    `<Environment>${escapeXml(first?.environment ?? '')}</Environment>`,
    `<API>${escapeXml(first?.proxy ?? '')}</API>`,
    `<Revision>${escapeXml(first?.revision ?? '')}</Revision>`,
    `<SessionId>${escapeXml(session)}</SessionId>`,
  ];
  const messages = calls.map((call) => {
    const points = pointsOf(call).map(
      ({ id, results }) => `<Point id="${escapeXml(id)}">${results.map(resultXml).join('')}</Point>`,
    );
    return `<Message><DebugId>${escapeXml(call.id)}</DebugId><Data>${points.join('\n')}</Data></Message>`;
  });
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>';
  return `${declaration}\n<DebugSession>\n${head.join('\n')}\n<Messages>\n${messages.join('\n')}\n</Messages>\n</DebugSession>\n`;
}

function resultXml(result: Result): string {
  const time = `<Timestamp>${escapeXml(result.timestamp)}</Timestamp>`;
  switch (result.ActionResult) {
    case 'DebugInfo':
      return `<DebugInfo>${time}<Properties>${named('Property', result.properties.property)}</Properties></DebugInfo>`;
    case 'VariableAccess':
      return `<VariableAccess>${result.accessList.map(accessXml).join('')}</VariableAccess>`;
    case 'RequestMessage':
      return `<RequestMessage>${time}${contentXml(result)}<URI>${escapeXml(result.uRI)}</URI><Verb>${escapeXml(result.verb)}</Verb></RequestMessage>`;
    default: {
      const { ActionResult: name, statusCode, reasonPhrase } = result;
      const line = `<ReasonPhrase>${escapeXml(reasonPhrase)}</ReasonPhrase><StatusCode>${escapeXml(statusCode)}</StatusCode>`;
      return `<${name}>${time}${contentXml(result)}${line}</${name}>`;
    }
  }
}

function contentXml({
  headers,
  content,
}: {
  readonly headers: readonly Property[];
  readonly content?: string;
}): string {
  const body = content === undefined ? '' : `<Content>${escapeXml(content)}</Content>`;
  return `<Headers>${named('Header', headers)}</Headers>${body}`;
}

function named(element: string, list: readonly Property[]): string {
  return list
    .map(({ name, value }) => `<${element} name="${escapeXml(name)}">${escapeXml(value)}</${element}>`)
    .join('');
}

function accessXml(access: Access): string {
  if ('Remove' in access) return `<Remove name="${escapeXml(access.Remove.name)}" success="true"/>`;
  if ('Set' in access) return `<Set name="${escapeXml(access.Set.name)}"${valueXml(access.Set.value)} success="true"/>`;
  return `<Get name="${escapeXml(access.Get.name)}"${valueXml(access.Get.value)}/>`;
}

function valueXml(value: string | undefined): string {
  return value === undefined ? '' : ` value="${escapeXml(value)}"`;
}
