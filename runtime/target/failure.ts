import { Fault, flowFaults } from '../fault.ts';
import { deniedCode } from './address-guard.ts';

/** The fault that a failed call is. Texts never name a host. Apigee: runtime error catalogue. */
export function faultOfFailure(error: Error, sent: boolean): Fault {
  if (error instanceof Fault) return error;
  const code = codeOf(error);
  if (isTls(code)) return new Fault(flowFaults.sslHandshakeFailed, `SSL Handshake failed ${code}`);
  if (code === deniedCode) return new Fault(flowFaults.targetDenied);
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    const { serviceUnavailable } = flowFaults;
    return new Fault(serviceUnavailable, serviceUnavailable.text, 'TARGET_CONNECT_TIMEOUT');
  }
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return readTimeout();
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return new Fault(flowFaults.responseHeadersTooBig);
  // What undici refuses to send: headers were checked when they were written, so it is the path or the verb.
  if (code === 'UND_ERR_INVALID_ARG') return new Fault(flowFaults.invalidPath);
  if (code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH') return new Fault(flowFaults.unexpectedEOF);
  return new Fault(sent ? flowFaults.unexpectedEOFAtTarget : flowFaults.serviceUnavailable);
}

export function readTimeout(): Fault {
  return new Fault(flowFaults.gatewayTimeout, flowFaults.gatewayTimeout.text, 'TARGET_READ_TIMEOUT');
}

/** Whether a connection ended under a request, as one that was kept for too long does. */
export function isCutOff(error: Error): boolean {
  const code = codeOf(error);
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Node's TLS errors, OpenSSL's, and those of certificate verification. */
function isTls(code: string): boolean {
  return /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$|INVALID_(CA|PURPOSE)$|PATH_LENGTH_EXCEEDED$)/.test(
    code,
  );
}
