import { connect as connectPlain, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export type ConnectOptions = {
  readonly timeoutMs: number
  /** Cancels the attempt. The promise then rejects with the reason of the signal. */
  readonly signal: AbortSignal
  readonly lookup?: LookupFunction
}

/** Opens the connection for an exchange; rejects on failure. */
export type Connector = (url: URL, signal: AbortSignal) => Promise<Socket>

/** Why connecting failed. Nothing was sent. */
export type ConnectFault = 'connect_timeout' | 'refused' | 'dns' | 'tls' | 'unreachable'

/** The host of a URL as a name or an address, without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

/**
 * Resolves when a request can be written. With https, resolves after the certificate is verified.
 */
export function connect(url: URL, options: ConnectOptions): Promise<Socket> {
  const { timeoutMs, signal, lookup } = options
  const isTls = url.protocol === 'https:'
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = isTls ? openTls(url, lookup) : openPlain(url, lookup)
  const give = (reason: unknown) => {
    socket.destroy()
    reject(reason)
  }
  const onAbort = () => give(signal.reason)
  const onClose = () => give(new Error('closed'))
  const timer = setTimeout(() => {
    // When a suspended process resumes, timers run before socket events. Wait two turns of the
    // event loop, so that data that arrived meanwhile is handled first.
    setImmediate(() => setImmediate(() => give(timedOut())))
  }, timeoutMs)
  signal.addEventListener('abort', onAbort)
  // This listener is never removed: a socket error without a listener would crash the process.
  socket.on('error', give)
  socket.once('close', onClose)
  socket.once(isTls ? 'secureConnect' : 'connect', () => resolve(socket))
  const settled = () => {
    clearTimeout(timer)
    // An error costs much to make, and every connection closes.
    socket.off('close', onClose)
    signal.removeEventListener('abort', onAbort)
  }
  promise.then(settled, settled)
  return promise
}

function timedOut(): Error {
  return Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' })
}

function openPlain(url: URL, lookup: LookupFunction | undefined): Socket {
  const port = Number(url.port || 80)
  return connectPlain({ host: hostOf(url), port, noDelay: true, ...(lookup && { lookup }) })
}

/** Never resumes a TLS session, so that each connection verifies the current certificate. */
function openTls(url: URL, lookup: LookupFunction | undefined): Socket {
  const host = hostOf(url)
  return connectTls({
    host,
    port: Number(url.port || 443),
    servername: isIP(host) === 0 ? host : '',
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(lookup && { lookup }),
  }).setNoDelay(true)
}

export function connectFault(error: unknown): ConnectFault {
  const code = codeOf(error)
  if (code === 'ETIMEDOUT') return 'connect_timeout'
  if (code === 'ECONNREFUSED') return 'refused'
  if (/^(ENOTFOUND|EAI_)/.test(code)) return 'dns'
  return /CERT|TLS|SSL|EPROTO|UNABLE_TO_|HOSTNAME/.test(code) ? 'tls' : 'unreachable'
}

/** The cause of a `tls` fault. */
export type TlsFault = 'authority' | 'certificate_time' | 'hostname' | 'no_tls' | 'tls'

export function tlsFault(error: unknown): TlsFault {
  const code = codeOf(error)
  if (/SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|CERT_UNTRUSTED|INVALID_CA/.test(code)) {
    return 'authority'
  }
  if (/CERT_(?:HAS_EXPIRED|NOT_YET_VALID)/.test(code)) return 'certificate_time'
  if (/ALTNAME|HOSTNAME/.test(code)) return 'hostname'
  return /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(code) ? 'no_tls' : 'tls'
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}
