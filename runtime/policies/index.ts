import { AccessControl } from './AccessControl.ts';
import { AccessEntity } from './AccessEntity.ts';
import { AssertCondition } from './AssertCondition.ts';
import { AssignMessage } from './AssignMessage.ts';
import { BasicAuthentication } from './BasicAuthentication.ts';
import { CORS } from './CORS.ts';
import { ConcurrentRatelimit } from './ConcurrentRatelimit.ts';
import { DataCapture } from './DataCapture.ts';
import { DecodeJWS } from './DecodeJWS.ts';
import { DecodeJWT } from './DecodeJWT.ts';
import { DeleteOAuthV2Info } from './DeleteOAuthV2Info.ts';
import { ExternalCallout } from './ExternalCallout.ts';
import { ExtractVariables } from './ExtractVariables.ts';
import { FlowCallout } from './FlowCallout.ts';
import { GenerateJWS } from './GenerateJWS.ts';
import { GenerateJWT } from './GenerateJWT.ts';
import { GenerateSAMLAssertion } from './GenerateSAMLAssertion.ts';
import { GetAPIProduct } from './GetAPIProduct.ts';
import { GetOAuthV2Info } from './GetOAuthV2Info.ts';
import { GraphQL } from './GraphQL.ts';
import { HMAC } from './HMAC.ts';
import { HTTPModifier } from './HTTPModifier.ts';
import { IntegrationCallout } from './IntegrationCallout.ts';
import { InvalidateCache } from './InvalidateCache.ts';
import { JavaCallout } from './JavaCallout.ts';
import { Javascript } from './Javascript.ts';
import { JSONThreatProtection } from './JSONThreatProtection.ts';
import { JSONToXML } from './JSONToXML.ts';
import { KeyValueMapOperations } from './KeyValueMapOperations.ts';
import { Ldap } from './Ldap.ts';
import { LLMTokenQuota } from './LLMTokenQuota.ts';
import { LookupCache } from './LookupCache.ts';
import { MessageLogging } from './MessageLogging.ts';
import { MessageValidation } from './MessageValidation.ts';
import { MonetizationLimitsCheck } from './MonetizationLimitsCheck.ts';
import { OASValidation } from './OASValidation.ts';
import { OAuthV1 } from './OAuthV1.ts';
import { OAuthV2 } from './OAuthV2.ts';
import { ParseDialogflowRequest } from './ParseDialogflowRequest.ts';
import { PopulateCache } from './PopulateCache.ts';
import { PromptTokenLimit } from './PromptTokenLimit.ts';
import { ProxyChain } from './ProxyChain.ts';
import { PublishMessage } from './PublishMessage.ts';
import type { Policy } from './policy.ts';
import { Quota } from './Quota.ts';
import { RaiseFault } from './RaiseFault.ts';
import { ReadPropertySet } from './ReadPropertySet.ts';
import { RegularExpressionProtection } from './RegularExpressionProtection.ts';
import { ResetQuota } from './ResetQuota.ts';
import { ResponseCache } from './ResponseCache.ts';
import { RevokeOAuthV2 } from './RevokeOAuthV2.ts';
import { SanitizeModelResponse } from './SanitizeModelResponse.ts';
import { SanitizeUserPrompt } from './SanitizeUserPrompt.ts';
import { Script } from './Script.ts';
import { SemanticCacheLookup } from './SemanticCacheLookup.ts';
import { SemanticCachePopulate } from './SemanticCachePopulate.ts';
import { ServiceCallout } from './ServiceCallout.ts';
import { SetDialogflowResponse } from './SetDialogflowResponse.ts';
import { SetIntegrationRequest } from './SetIntegrationRequest.ts';
import { SetOAuthV2Info } from './SetOAuthV2Info.ts';
import { SpikeArrest } from './SpikeArrest.ts';
import { StatisticsCollector } from './StatisticsCollector.ts';
import { TraceCapture } from './TraceCapture.ts';
import { ValidateSAMLAssertion } from './ValidateSAMLAssertion.ts';
import { VerifyAPIKey } from './VerifyAPIKey.ts';
import { VerifyJWS } from './VerifyJWS.ts';
import { VerifyJWT } from './VerifyJWT.ts';
import { XMLThreatProtection } from './XMLThreatProtection.ts';
import { XMLToJSON } from './XMLToJSON.ts';
import { XSL } from './XSL.ts';

/** Every policy that runs, by its element. Adding one: its file, and a line here. */
export const policies: ReadonlyMap<string, Policy> = new Map(
  [
    AccessControl,
    AccessEntity,
    AssertCondition,
    AssignMessage,
    BasicAuthentication,
    CORS,
    DataCapture,
    DecodeJWS,
    DecodeJWT,
    DeleteOAuthV2Info,
    ExternalCallout,
    ExtractVariables,
    FlowCallout,
    GenerateJWS,
    GenerateJWT,
    GenerateSAMLAssertion,
    GetAPIProduct,
    GetOAuthV2Info,
    GraphQL,
    HMAC,
    HTTPModifier,
    JSONThreatProtection,
    JSONToXML,
    JavaCallout,
    IntegrationCallout,
    Javascript,
    KeyValueMapOperations,
    Ldap,
    MessageLogging,
    MessageValidation,
    MonetizationLimitsCheck,
    OASValidation,
    ProxyChain,
    ParseDialogflowRequest,
    OAuthV1,
    OAuthV2,
    PublishMessage,
    RaiseFault,
    ReadPropertySet,
    RegularExpressionProtection,
    SanitizeModelResponse,
    SanitizeUserPrompt,
    SemanticCacheLookup,
    SemanticCachePopulate,
    Script,
    ServiceCallout,
    SetDialogflowResponse,
    RevokeOAuthV2,
    SetOAuthV2Info,
    SetIntegrationRequest,
    StatisticsCollector,
    TraceCapture,
    ValidateSAMLAssertion,
    VerifyAPIKey,
    VerifyJWS,
    VerifyJWT,
    XMLThreatProtection,
    XMLToJSON,
    ConcurrentRatelimit,
    InvalidateCache,
    LLMTokenQuota,
    LookupCache,
    PopulateCache,
    PromptTokenLimit,
    Quota,
    ResetQuota,
    ResponseCache,
    SpikeArrest,
    XSL,
  ].map((policy) => [policy.element, policy]),
);
