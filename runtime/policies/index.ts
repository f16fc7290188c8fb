import { AccessControl } from './AccessControl.ts';
import { AssertCondition } from './AssertCondition.ts';
import { AssignMessage } from './AssignMessage.ts';
import { BasicAuthentication } from './BasicAuthentication.ts';
import { CORS } from './CORS.ts';
import { DataCapture } from './DataCapture.ts';
import { DecodeJWS } from './DecodeJWS.ts';
import { DecodeJWT } from './DecodeJWT.ts';
import { ExternalCallout } from './ExternalCallout.ts';
import { ExtractVariables } from './ExtractVariables.ts';
import { FlowCallout } from './FlowCallout.ts';
import { GenerateJWS } from './GenerateJWS.ts';
import { GenerateJWT } from './GenerateJWT.ts';
import { GraphQL } from './GraphQL.ts';
import { HMAC } from './HMAC.ts';
import { HTTPModifier } from './HTTPModifier.ts';
import { IntegrationCallout } from './IntegrationCallout.ts';
import { Javascript } from './Javascript.ts';
import { JSONThreatProtection } from './JSONThreatProtection.ts';
import { JSONToXML } from './JSONToXML.ts';
import { KeyValueMapOperations } from './KeyValueMapOperations.ts';
import { MessageLogging } from './MessageLogging.ts';
import { MessageValidation } from './MessageValidation.ts';
import { OASValidation } from './OASValidation.ts';
import { ParseDialogflowRequest } from './ParseDialogflowRequest.ts';
import { ProxyChain } from './ProxyChain.ts';
import { PublishMessage } from './PublishMessage.ts';
import type { Policy } from './policy.ts';
import { RaiseFault } from './RaiseFault.ts';
import { ReadPropertySet } from './ReadPropertySet.ts';
import { RegularExpressionProtection } from './RegularExpressionProtection.ts';
import { SanitizeModelResponse } from './SanitizeModelResponse.ts';
import { SanitizeUserPrompt } from './SanitizeUserPrompt.ts';
import { SemanticCacheLookup } from './SemanticCacheLookup.ts';
import { SemanticCachePopulate } from './SemanticCachePopulate.ts';
import { ServiceCallout } from './ServiceCallout.ts';
import { SetDialogflowResponse } from './SetDialogflowResponse.ts';
import { SetIntegrationRequest } from './SetIntegrationRequest.ts';
import { StatisticsCollector } from './StatisticsCollector.ts';
import { TraceCapture } from './TraceCapture.ts';
import { VerifyJWS } from './VerifyJWS.ts';
import { VerifyJWT } from './VerifyJWT.ts';
import { XMLThreatProtection } from './XMLThreatProtection.ts';
import { XMLToJSON } from './XMLToJSON.ts';

/** Every policy that runs, by its element. Adding one: its file, and a line here. */
export const policies: ReadonlyMap<string, Policy> = new Map(
  [
    AccessControl,
    AssertCondition,
    AssignMessage,
    BasicAuthentication,
    CORS,
    DataCapture,
    DecodeJWS,
    DecodeJWT,
    ExternalCallout,
    ExtractVariables,
    FlowCallout,
    GenerateJWS,
    GenerateJWT,
    GraphQL,
    HMAC,
    HTTPModifier,
    JSONThreatProtection,
    JSONToXML,
    IntegrationCallout,
    Javascript,
    KeyValueMapOperations,
    MessageLogging,
    MessageValidation,
    OASValidation,
    ProxyChain,
    ParseDialogflowRequest,
    PublishMessage,
    RaiseFault,
    ReadPropertySet,
    RegularExpressionProtection,
    SanitizeModelResponse,
    SanitizeUserPrompt,
    SemanticCacheLookup,
    SemanticCachePopulate,
    ServiceCallout,
    SetDialogflowResponse,
    SetIntegrationRequest,
    StatisticsCollector,
    TraceCapture,
    VerifyJWS,
    VerifyJWT,
    XMLThreatProtection,
    XMLToJSON,
  ].map((policy) => [policy.element, policy]),
);
