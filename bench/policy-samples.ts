import type { Files } from './files.ts';

/** A policy in a usual configuration, and the request it is run on. */
export interface PolicySample {
  /** As it is shown; begins with the policy's element. */
  readonly name: string;
  readonly text: string;
  /** Condition of its step; it must hold unless the sample is about conditions. */
  readonly condition?: string;
  readonly resources?: Files;
  /** Files of the environment, by name. */
  readonly environment?: Files;
}

const header = (name: string, value: string): string => `<Headers><Header name="${name}">${value}</Header></Headers>`;

/** One sample per thing worth knowing. A policy this version does not have is reported as skipped. */
export const policySamples: readonly PolicySample[] = [
  {
    name: 'AssignMessage constant header',
    text: `<AssignMessage name="P"><Set>${header('X-Level', 'gold')}</Set></AssignMessage>`,
  },
  {
    name: 'AssignMessage header template',
    text: `<AssignMessage name="P"><Set>${header('X-Level', '{request.verb} {proxy.basepath} {client.ip}')}</Set></AssignMessage>`,
  },
  {
    name: 'AssignMessage variable',
    text: '<AssignMessage name="P"><AssignVariable><Name>level</Name><Template>{request.header.x-level}-1</Template></AssignVariable></AssignMessage>',
  },
  {
    name: 'RaiseFault not raised',
    text: '<RaiseFault name="P"><FaultResponse><Set><StatusCode>401</StatusCode></Set></FaultResponse></RaiseFault>',
    condition: 'request.header.x-api-key = null',
  },
  {
    name: 'ExtractVariables URIPath',
    text: '<ExtractVariables name="P"><Source>request</Source><URIPath><Pattern>/products/{id}</Pattern></URIPath></ExtractVariables>',
  },
  {
    name: 'ExtractVariables Header',
    text: '<ExtractVariables name="P"><Source>request</Source><Header name="Authorization"><Pattern>Bearer {token}</Pattern></Header></ExtractVariables>',
  },
  {
    name: 'ExtractVariables JSONPayload',
    text: '<ExtractVariables name="P"><Source>request</Source><JSONPayload><Variable name="city"><JSONPath>$.buyer.address.city</JSONPath></Variable></JSONPayload></ExtractVariables>',
  },
  {
    name: 'AccessControl',
    text: '<AccessControl name="P"><IPRules noRuleMatchAction="ALLOW"><MatchRule action="DENY"><SourceAddress mask="24">198.51.100.0</SourceAddress></MatchRule></IPRules></AccessControl>',
  },
  {
    name: 'VerifyAPIKey',
    text: '<VerifyAPIKey name="P"><APIKey ref="request.header.x-api-key"/></VerifyAPIKey>',
    environment: {
      'products.json': '[{"name":"gold","apiResources":["/orders/**","/products/*"],"proxies":[]}]',
      'developers.json': '[{"email":"ada@example.com"}]',
      'developerapps.json':
        '[{"name":"shop","developerEmail":"ada@example.com","credentials":[{"consumerKey":"7f1c","apiProducts":["gold"]}]}]',
    },
  },
  {
    name: 'KeyValueMapOperations get',
    text: '<KeyValueMapOperations name="P" mapIdentifier="levels"><Scope>environment</Scope><Get assignTo="level"><Key><Parameter>gold</Parameter></Key></Get></KeyValueMapOperations>',
  },
  {
    name: 'Javascript',
    text: '<Javascript name="P" timeLimit="2000"><ResourceURL>jsc://level.js</ResourceURL></Javascript>',
    resources: {
      'resources/jsc/level.js': 'context.setVariable("level", context.getVariable("request.verb") + "-1");\n',
    },
  },
  {
    name: 'Quota',
    text: '<Quota name="P"><Allow count="1000000000"/><Interval>1</Interval><TimeUnit>hour</TimeUnit></Quota>',
  },
  { name: 'SpikeArrest', text: '<SpikeArrest name="P"><Rate>60000000000pm</Rate></SpikeArrest>' },
  {
    name: 'PopulateCache',
    text: '<PopulateCache name="P"><CacheKey><KeyFragment>level</KeyFragment></CacheKey><Scope>Exclusive</Scope><ExpirySettings><TimeoutInSeconds>300</TimeoutInSeconds></ExpirySettings><Source>request.header.x-level</Source></PopulateCache>',
  },
  {
    name: 'LookupCache',
    text: '<LookupCache name="P"><CacheKey><KeyFragment>level</KeyFragment></CacheKey><Scope>Exclusive</Scope><AssignTo>level</AssignTo></LookupCache>',
  },
  {
    name: 'BasicAuthentication',
    text: '<BasicAuthentication name="P"><Operation>Encode</Operation><User ref="request.header.x-level"/><Password ref="request.header.x-level"/><AssignTo createNew="false">encoded</AssignTo></BasicAuthentication>',
  },
  {
    name: 'JSONThreatProtection',
    text: '<JSONThreatProtection name="P"><Source>request</Source><ContainerDepth>10</ContainerDepth><ObjectEntryCount>50</ObjectEntryCount></JSONThreatProtection>',
  },
  {
    name: 'RegularExpressionProtection',
    text: '<RegularExpressionProtection name="P"><Source>request</Source><QueryParam name="fields"><Pattern>(?i)(drop|delete)\\s+table</Pattern></QueryParam></RegularExpressionProtection>',
  },
  {
    name: 'JSONToXML',
    text: '<JSONToXML name="P"><Source>request</Source><OutputVariable>xml</OutputVariable></JSONToXML>',
  },
  {
    name: 'HMAC',
    text: '<HMAC name="P"><Algorithm>SHA-256</Algorithm><SecretKey ref="private.key"/><Message>{request.verb}</Message><Output>digest</Output></HMAC>',
  },
  {
    name: 'AssertCondition',
    text: '<AssertCondition name="P"><Condition>request.verb = "POST" and request.header.x-level = "gold"</Condition></AssertCondition>',
  },
];

/** The request all samples are run on; its path suffix is `/products/42`. */
export const sampleRequest = {
  query: 'fields=name,price',
  headers: [
    'Host',
    'bench.example.com',
    'User-Agent',
    'bench',
    'Accept',
    'application/json',
    'Content-Type',
    'application/json',
    'Authorization',
    'Bearer 1f6a',
    'X-Api-Key',
    '7f1c',
    'X-Level',
    'gold',
  ],
  body: Buffer.from(
    '{"product":"42","quantity":3,"buyer":{"name":"Ada","address":{"city":"Turin","street":"Via Po 1"}},"notes":["gift","fragile"]}',
  ),
};
