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
import { ExtractVariables } from './ExtractVariables.ts';
import { FlowCallout } from './FlowCallout.ts';
import { GenerateJWS } from './GenerateJWS.ts';
import { GenerateJWT } from './GenerateJWT.ts';
import { GenerateSAMLAssertion } from './GenerateSAMLAssertion.ts';
import { GetAPIProduct } from './GetAPIProduct.ts';
import { GraphQL } from './GraphQL.ts';
import { HMAC } from './HMAC.ts';
import { HTTPModifier } from './HTTPModifier.ts';
import { InvalidateCache } from './InvalidateCache.ts';
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
import { PopulateCache } from './PopulateCache.ts';
import { PromptTokenLimit } from './PromptTokenLimit.ts';
import type { Policy } from './policy.ts';
import { Quota } from './Quota.ts';
import { RaiseFault } from './RaiseFault.ts';
import { ReadPropertySet } from './ReadPropertySet.ts';
import { RegularExpressionProtection } from './RegularExpressionProtection.ts';
import { ResetQuota } from './ResetQuota.ts';
import { ResponseCache } from './ResponseCache.ts';
import { ServiceCallout } from './ServiceCallout.ts';
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
    ExtractVariables,
    FlowCallout,
    GenerateJWS,
    GenerateJWT,
    GenerateSAMLAssertion,
    GetAPIProduct,
    GraphQL,
    HMAC,
    HTTPModifier,
    JSONThreatProtection,
    JSONToXML,
    Javascript,
    KeyValueMapOperations,
    Ldap,
    MessageLogging,
    MessageValidation,
    MonetizationLimitsCheck,
    OASValidation,
    OAuthV1,
    RaiseFault,
    ReadPropertySet,
    RegularExpressionProtection,
    ServiceCallout,
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
