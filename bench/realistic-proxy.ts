import type { ProxyParts } from './bundles.ts';

/** What a proxy in use does to a request: checks, extracts, sets and removes headers, has flows and faults ready. */
export function realisticProxy(): Pick<ProxyParts, 'flows' | 'policies'> {
  return { flows: flowsWith(''), policies };
}

/** The same with two more policies, so that its bundle has eleven files, as directories in use hold them. */
export function largerProxy(name: string): Pick<ProxyParts, 'flows' | 'policies'> {
  const more = {
    'AM-Trace': `<AssignMessage name="AM-Trace"><Add><Headers><Header name="X-Trace">${name}</Header></Headers></Add></AssignMessage>\n`,
    'AM-Body': `<AssignMessage name="AM-Body">
  <Set><Payload contentType="application/json">{"proxy": "${name}", "id": "{product.id}"}</Payload></Set>
</AssignMessage>\n`,
  };
  const steps = '<Step><Name>AM-Trace</Name></Step><Step><Name>AM-Body</Name></Step>';
  return { flows: flowsWith(steps), policies: { ...policies, ...more } };
}

/** @param last steps at the end of the response */
function flowsWith(last: string): string {
  return `
  <PreFlow name="PreFlow">
    <Request>
      <Step>
        <Name>RF-No-Key</Name>
        <Condition>request.header.x-api-key = null</Condition>
      </Step>
      <Step><Name>EV-Product</Name></Step>
      <Step>
        <Name>RF-Bad-Fields</Name>
        <Condition>(product.fields JavaRegex "[^a-z,]") or (request.header.accept !~ "*json*")</Condition>
      </Step>
    </Request>
  </PreFlow>
  <Flows>
    <Flow name="orders">
      <Condition>(proxy.pathsuffix MatchesPath "/orders/**") and (request.verb = "POST")</Condition>
      <Request><Step><Name>RF-Bad-Fields</Name></Step></Request>
    </Flow>
    <Flow name="product">
      <Condition>(proxy.pathsuffix MatchesPath "/products/*") and (request.verb = "GET")</Condition>
      <Request><Step><Name>AM-Request</Name></Step></Request>
    </Flow>
    <Flow name="anything else">
      <Request><Step><Name>RF-Not-Found</Name></Step></Request>
    </Flow>
  </Flows>
  <PostFlow name="PostFlow">
    <Response>
      <Step>
        <Name>RF-Not-Found</Name>
        <Condition>response.status.code = 404</Condition>
      </Step>
      <Step><Name>AM-Response</Name></Step>${last}
    </Response>
  </PostFlow>`;
}

const policies: ProxyParts['policies'] = {
  'RF-No-Key': raiseFault('RF-No-Key', 401, 'Unauthorized'),
  'RF-Bad-Fields': raiseFault('RF-Bad-Fields', 400, 'Bad Request'),
  'RF-Not-Found': raiseFault('RF-Not-Found', 404, 'Not Found'),
  'EV-Product': `<ExtractVariables name="EV-Product">
  <Source>request</Source>
  <VariablePrefix>product</VariablePrefix>
  <URIPath><Pattern>/products/{id}</Pattern></URIPath>
  <QueryParam name="fields"><Pattern>{fields}</Pattern></QueryParam>
</ExtractVariables>\n`,
  'AM-Request': `<AssignMessage name="AM-Request">
  <Remove><Headers><Header name="X-Api-Key"/><Header name="Cookie"/></Headers></Remove>
  <Set>
    <Headers>
      <Header name="X-Product">{product.id}</Header>
      <Header name="X-Correlation-Id">{request.header.x-correlation-id}-{proxy.basepath}</Header>
    </Headers>
  </Set>
  <AssignTo type="request"/>
</AssignMessage>\n`,
  'AM-Response': `<AssignMessage name="AM-Response">
  <Set>
    <Headers>
      <Header name="X-Product">{product.id}</Header>
      <Header name="Cache-Control">no-store</Header>
    </Headers>
  </Set>
  <AssignTo type="response"/>
</AssignMessage>\n`,
};

function raiseFault(name: string, status: number, reason: string): string {
  return `<RaiseFault name="${name}">
  <FaultResponse>
    <Set>
      <StatusCode>${status}</StatusCode>
      <ReasonPhrase>${reason}</ReasonPhrase>
      <Payload contentType="application/json">{"error": "${reason}"}</Payload>
    </Set>
  </FaultResponse>
</RaiseFault>\n`;
}
