/** Messages of the service that ExternalCallout calls. Apigee: external_callout.proto, package apigee. */

export interface MessageContext {
  request?: RequestPart;
  response?: ResponsePart;
  error?: { message?: string; response?: ResponsePart };
  fault?: { name?: string; fault_string?: string };
  api_proxy?: Fields;
  client?: Fields;
  current_flow?: Fields;
  message_id?: string;
  organization_name?: string;
  environment_name?: string;
  proxy?: Fields;
  route?: Fields;
  target?: Fields;
  additional_flow_variables?: Readonly<Record<string, FlowVariable>>;
}

export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;
export type StringsByName = Readonly<Record<string, Strings>>;

export interface Strings {
  readonly strings?: readonly string[];
}

export interface RequestPart {
  uri?: string;
  verb?: string;
  http_version?: string;
  headers?: StringsByName;
  form_params?: StringsByName;
  query_params?: StringsByName;
  content?: string;
}

export interface ResponsePart {
  status_code?: number;
  reason_phrase?: string;
  headers?: StringsByName;
  content?: string;
}

/** One of its members is set; none: the variable is removed. */
export interface FlowVariable {
  readonly int32?: number;
  readonly int64?: number | string;
  readonly string?: string;
  readonly bool?: boolean;
  readonly double?: number;
}

type Message = Readonly<Record<string, readonly [type: string, id: number]>>;

const strings = 'map<string, Strings>';

/** Fields of each message: type and number. */
export const messages: Readonly<Record<string, Message>> = {
  MessageContext: {
    request: ['Request', 1],
    response: ['Response', 2],
    error: ['Error', 3],
    fault: ['Fault', 5],
    api_proxy: ['ApiProxy', 6],
    client: ['Client', 7],
    current_flow: ['CurrentFlow', 8],
    message_id: ['string', 9],
    organization_name: ['string', 10],
    environment_name: ['string', 11],
    proxy: ['Proxy', 12],
    route: ['Route', 13],
    target: ['Target', 14],
    additional_flow_variables: ['map<string, FlowVariable>', 15],
  },
  Request: {
    uri: ['string', 1],
    verb: ['string', 2],
    http_version: ['string', 3],
    headers: [strings, 4],
    form_params: [strings, 5],
    query_params: [strings, 6],
    content: ['string', 7],
  },
  Response: { status_code: ['int32', 1], reason_phrase: ['string', 2], headers: [strings, 3], content: ['string', 4] },
  Fault: { name: ['string', 1], type: ['string', 2], category: ['string', 3], fault_string: ['string', 4] },
  Error: { message: ['string', 1], response: ['Response', 2] },
  ApiProxy: { name: ['string', 1], revision: ['string', 2] },
  Client: {
    cn: ['string', 1],
    country: ['string', 2],
    email_address: ['string', 3],
    host: ['string', 4],
    ip: ['string', 5],
    locality: ['string', 6],
    organization: ['string', 7],
    organization_unit: ['string', 8],
    port: ['int32', 9],
    scheme: ['string', 10],
    state: ['string', 11],
    ssl_enabled: ['bool', 12],
  },
  CurrentFlow: { name: ['string', 1], description: ['string', 2] },
  Proxy: {
    endpoint_name: ['string', 1],
    client_ip: ['string', 2],
    base_path: ['string', 3],
    path_suffix: ['string', 4],
    url: ['string', 5],
  },
  Route: { name: ['string', 1], target: ['string', 2] },
  Target: {
    base_path: ['string', 1],
    copy_path_suffix: ['bool', 2],
    copy_query_params: ['bool', 3],
    country: ['string', 4],
    cn: ['string', 5],
    email_address: ['string', 6],
    expected_cn: ['string', 7],
    host: ['string', 8],
    ip: ['string', 9],
    locality: ['string', 10],
    name: ['string', 11],
    organization: ['string', 12],
    organization_unit: ['string', 13],
    port: ['int32', 14],
    scheme: ['string', 15],
    state: ['string', 16],
    ssl_enabled: ['bool', 17],
    url: ['string', 18],
  },
  Strings: { strings: ['repeated string', 1] },
  FlowVariable: {
    int32: ['int32', 1],
    int64: ['int64', 2],
    string: ['string', 3],
    bool: ['bool', 4],
    double: ['double', 5],
  },
};

/** Members of which only one is set, by message. */
export const choices: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  FlowVariable: { value: ['int32', 'int64', 'string', 'bool', 'double'] },
};
