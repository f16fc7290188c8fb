/** What a new proxy does with a request. */
export type Kind =
  | { readonly kind: 'alone' }
  | { readonly kind: 'chain'; readonly proxy: string }
  | { readonly kind: 'target'; readonly url: string };

/** The files of a new proxy, by path below apiproxy/. */
export function bundleFiles(name: string, basePath: string, kind: Kind): ReadonlyMap<string, string> {
  const files = new Map([
    [
      `${name}.xml`,
      `<APIProxy revision="1" name="${name}">\n  <Description>${descriptionOf(kind)}</Description>\n</APIProxy>\n`,
    ],
    ['proxies/default.xml', proxyEndpoint(basePath, kind)],
  ]);
  if (kind.kind === 'alone') files.set('policies/AM-Hello.xml', hello(name));
  else files.set('targets/default.xml', targetEndpoint(kind));
  return files;
}

function descriptionOf(kind: Kind): string {
  if (kind.kind === 'chain') return `Calls the proxy ${kind.proxy} in memory.`;
  return kind.kind === 'target' ? `Calls ${escaped(kind.url)}.` : 'Answers by itself.';
}

function proxyEndpoint(basePath: string, kind: Kind): string {
  const answer = '\n    <Response>\n      <Step>\n        <Name>AM-Hello</Name>\n      </Step>\n    </Response>\n  ';
  const route =
    kind.kind === 'alone'
      ? '<RouteRule name="none"/>'
      : '<RouteRule name="default">\n    <TargetEndpoint>default</TargetEndpoint>\n  </RouteRule>';
  return `<ProxyEndpoint name="default">
  <HTTPProxyConnection>
    <BasePath>${basePath}</BasePath>
  </HTTPProxyConnection>
  <PreFlow name="PreFlow">${kind.kind === 'alone' ? answer : ''}</PreFlow>
  ${route}
</ProxyEndpoint>
`;
}

function hello(name: string): string {
  return `<AssignMessage name="AM-Hello">
  <Set>
    <Payload contentType="application/json">{"proxy": "${name}", "path": "{proxy.pathsuffix}"}</Payload>
  </Set>
  <IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>
</AssignMessage>
`;
}

function targetEndpoint(kind: Exclude<Kind, { kind: 'alone' }>): string {
  const connection =
    kind.kind === 'chain'
      ? `<LocalTargetConnection>\n    <APIProxy>${kind.proxy}</APIProxy>\n    <ProxyEndpoint>default</ProxyEndpoint>\n  </LocalTargetConnection>`
      : `<HTTPTargetConnection>\n    <URL>${escaped(kind.url)}</URL>\n  </HTTPTargetConnection>`;
  return `<TargetEndpoint name="default">\n  ${connection}\n</TargetEndpoint>\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
