import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, openEngine } from '../../bench/engine.ts';
import { writeFiles } from '../support/bundle-tree.ts';
import type { FuzzTarget } from './target.ts';

/** A policy that reads a payload, and payloads it is made for. */
interface Reader {
  readonly policy: string;
  readonly type: string;
  readonly seeds: readonly string[];
  /** Header that the input is sent in, in place of the payload. */
  readonly header?: string;
  readonly resources?: Readonly<Record<string, string>>;
}

const xml = [
  '<?xml version="1.0" encoding="UTF-8"?><order xmlns:p="urn:p" id="7"><item n="1">tea &amp; pot</item><!-- c --><p:item><![CDATA[<x>]]></p:item></order>',
  '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Header/><soapenv:Body><order><id>1</id></order></soapenv:Body></soapenv:Envelope>',
];
const json = [
  '{"id":42,"name":"Teapot","price":12.5,"tags":["tea",null,true],"nested":{"a":{"b":[1,2,{"c":"d"}]}}}',
  '[1,"two",{"three":[]},-4e5,"\\u00e4\\n"]',
];
const schema =
  '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="order"><xs:complexType><xs:sequence><xs:element name="item" type="xs:string" maxOccurs="unbounded"/></xs:sequence><xs:attribute name="id"/></xs:complexType></xs:element></xs:schema>';
const api =
  '{"openapi":"3.0.0","info":{"title":"t","version":"1"},"paths":{"/":{"post":{"requestBody":{"required":true,"content":{"application/json":{"schema":{"type":"object","required":["id"],"properties":{"id":{"type":"integer"},"tags":{"type":"array","items":{"type":"string","nullable":true}}}}}}},"responses":{"200":{"description":"ok"}}}}}}';
const token =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEiLCJpc3MiOiJ4IiwiZXhwIjo0MTAyNDQ0ODAwfQ.c2lnbmF0dXJlLXRoYXQtaXMtbm9uZS1hdC1hbGw';

/** By name. */
const readers: Readonly<Record<string, Reader>> = {
  XMLToJSON: {
    policy:
      '<XMLToJSON name="P"><Options><RecognizeNumber>true</RecognizeNumber></Options><Source>request</Source></XMLToJSON>',
    type: 'application/xml',
    seeds: xml,
  },
  JSONToXML: {
    policy: '<JSONToXML name="P"><Source>request</Source></JSONToXML>',
    type: 'application/json',
    seeds: json,
  },
  'ExtractVariables-xml': {
    policy:
      '<ExtractVariables name="P"><Source>request</Source><XMLPayload><Namespaces><Namespace prefix="p">urn:p</Namespace></Namespaces><Variable name="n" type="string"><XPath>//p:item</XPath></Variable><Variable name="s" type="nodeset"><XPath>/order/item</XPath></Variable></XMLPayload></ExtractVariables>',
    type: 'application/xml',
    seeds: xml,
  },
  'ExtractVariables-json': {
    policy:
      '<ExtractVariables name="P"><Source>request</Source><JSONPayload><Variable name="a"><JSONPath>$.nested..c</JSONPath></Variable><Variable name="b"><JSONPath>$.tags[?(@ =~ /t.*/)]</JSONPath></Variable></JSONPayload></ExtractVariables>',
    type: 'application/json',
    seeds: json,
  },
  'ExtractVariables-form': {
    policy:
      '<ExtractVariables name="P"><Source>request</Source><FormParam name="a"><Pattern>x{y}</Pattern></FormParam></ExtractVariables>',
    type: 'application/x-www-form-urlencoded',
    seeds: ['a=xy&b=%C3%A4+%zz&a=2'],
  },
  JSONThreatProtection: {
    policy:
      '<JSONThreatProtection name="P"><Source>request</Source><ContainerDepth>5</ContainerDepth><StringValueLength>50</StringValueLength><ArrayElementCount>5</ArrayElementCount></JSONThreatProtection>',
    type: 'application/json',
    seeds: json,
  },
  XMLThreatProtection: {
    policy:
      '<XMLThreatProtection name="P"><Source>request</Source><StructureLimits><NodeDepth>5</NodeDepth><AttributeCountPerElement>3</AttributeCountPerElement></StructureLimits><ValueLimits><Text>50</Text></ValueLimits></XMLThreatProtection>',
    type: 'application/xml',
    seeds: xml,
  },
  RegularExpressionProtection: {
    policy:
      '<RegularExpressionProtection name="P"><Source>request</Source><JSONPayload><JSONPath><Expression>$.name</Expression><Pattern>(?i)drop\\s+table</Pattern></JSONPath></JSONPayload></RegularExpressionProtection>',
    type: 'application/json',
    seeds: json,
  },
  'MessageValidation-xsd': {
    policy:
      '<MessageValidation name="P"><Source>request</Source><ResourceURL>xsd://order.xsd</ResourceURL></MessageValidation>',
    type: 'application/xml',
    seeds: xml,
    resources: { 'xsd/order.xsd': schema },
  },
  'MessageValidation-soap': {
    policy: '<MessageValidation name="P"><Source>request</Source><SOAPMessage version="1.1/1.2"/></MessageValidation>',
    type: 'text/xml',
    seeds: xml,
  },
  OASValidation: {
    policy:
      '<OASValidation name="P"><OASResource>oas://api.json</OASResource><Options><ValidateMessageBody>true</ValidateMessageBody></Options><Source>request</Source></OASValidation>',
    type: 'application/json',
    seeds: json,
    resources: { 'oas/api.json': api },
  },
  GraphQL: {
    policy:
      '<GraphQL name="P"><Source>request</Source><OperationType>query</OperationType><MaxDepth>4</MaxDepth><MaxCount>4</MaxCount><Action>parse_verify</Action><ResourceURL>graphql://schema.graphqls</ResourceURL></GraphQL>',
    type: 'application/graphql',
    resources: {
      'graphql/schema.graphqls': 'type Query { hero(id: Int): Hero } type Hero { name: String friends: [Hero] }',
    },
    seeds: [
      'query Q($a: Int = 1) { hero(id: $a) { name ...F @include(if: true) } } fragment F on Hero { friends { name } }',
    ],
  },
  'GraphQL-json': {
    policy:
      '<GraphQL name="P"><Source>request</Source><OperationType>query_mutation</OperationType><MaxDepth>4</MaxDepth></GraphQL>',
    type: 'application/json',
    seeds: ['{"query":"query { a { b } }","variables":{"x":[1,{"y":null}]},"operationName":null}'],
  },
  Javascript: {
    policy: '<Javascript name="P" timeLimit="2000"><ResourceURL>jsc://read.js</ResourceURL></Javascript>',
    type: 'application/json',
    seeds: json,
    resources: {
      'jsc/read.js':
        'try { var x = JSON.parse(request.content); request.content = JSON.stringify(x); request.headers["X-A"] = String(x.name); } catch (e) { context.setVariable("bad", String(e)); }',
    },
  },
  DecodeJWT: {
    policy: '<DecodeJWT name="P"><Source>request.header.x-in</Source></DecodeJWT>',
    type: 'text/plain',
    seeds: [token],
    header: 'X-In',
  },
  VerifyJWT: {
    policy:
      '<VerifyJWT name="P"><Algorithm>HS256</Algorithm><Source>request.header.x-in</Source><SecretKey><Value ref="private.key"/></SecretKey></VerifyJWT>',
    type: 'text/plain',
    seeds: [token],
    header: 'X-In',
  },
  DecodeJWS: {
    policy: '<DecodeJWS name="P"><Source>request.header.x-in</Source></DecodeJWS>',
    type: 'text/plain',
    seeds: [token],
    header: 'X-In',
  },
  BasicAuthentication: {
    policy:
      '<BasicAuthentication name="P"><Operation>Decode</Operation><User ref="u"/><Password ref="private.p"/><Source>request.header.x-in</Source></BasicAuthentication>',
    type: 'text/plain',
    seeds: ['Basic YWRhOmxvdmVsYWNl'],
    header: 'X-In',
  },
};

/** One proxy per reader, in memory, without sockets. `close` when done. */
export async function openPayloadTargets(): Promise<{ targets: FuzzTarget[]; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'zerohop-fuzz-'));
  for (const [name, reader] of Object.entries(readers)) await writeFiles(folder, bundleOf(name, reader));
  const engine = await openEngine(folder);
  if (engine.refused.size > 0)
    throw new Error(`Refused: ${[...engine.refused].map((one) => one.join(': ')).join('\n')}`);
  return {
    targets: Object.entries(readers).map(([name, reader]) => targetOf(name, reader, engine)),
    close: async () => {
      await engine.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function bundleOf(name: string, { policy, resources = {} }: Reader): Record<string, string> {
  const folder = `${name}/apiproxy`;
  const steps =
    '<PreFlow name="PreFlow"><Request><Step><Name>KEY</Name></Step><Step><Name>P</Name></Step></Request></PreFlow>';
  return {
    [`${folder}/${name}.xml`]: `<APIProxy name="${name}"/>`,
    [`${folder}/proxies/default.xml`]: `<ProxyEndpoint name="default"><HTTPProxyConnection><BasePath>/${name}</BasePath></HTTPProxyConnection>${steps}<RouteRule name="none"/></ProxyEndpoint>`,
    [`${folder}/policies/P.xml`]: policy,
    [`${folder}/policies/KEY.xml`]:
      '<AssignMessage name="KEY"><AssignVariable><Name>private.key</Name><Value>0123456789abcdef0123456789abcdef</Value></AssignVariable></AssignMessage>',
    ...Object.fromEntries(Object.entries(resources).map(([path, text]) => [`${folder}/resources/${path}`, text])),
  };
}

function targetOf(name: string, { type, seeds, header }: Reader, engine: Engine): FuzzTarget {
  return {
    name,
    seeds: seeds.map((seed) => Buffer.from(seed)),
    take: async (input) => {
      const fields = header === undefined ? [] : [header, input.toString('latin1').replace(/[\r\n\0]/g, ' ')];
      const headers = ['Content-Type', type, ...fields];
      const body = header === undefined ? input : Buffer.from('x');
      const { answer } = await engine.run({ path: `/${name}`, query: '', headers, body });
      if (answer === undefined) throw new Error('There is no answer');
    },
  };
}
