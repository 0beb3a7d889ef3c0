import type { BodyShape, Misbehaviour } from '../misbehaviour.ts'

const answer = (
  status: number,
  body: BodyShape,
  headers: Readonly<Record<string, string>> = {},
): Misbehaviour => ({ act: 'answer', status, body, headers })

const throttled = (retryAfter?: string): Misbehaviour =>
  answer(429, 'json-object', retryAfter === undefined ? {} : { 'retry-after': retryAfter })

/** Redirects to a second listener, which records every byte and answers with tokens. */
const redirect = (status: number): Misbehaviour =>
  answer(status, 'empty', { location: '{{sink}}/token' })

/** Status codes. By default the request is not processed. */
export const STATUSES = {
  'status-400': answer(400, 'empty'),
  'status-401': answer(401, 'empty'),
  'status-402': answer(402, { json: { error: 'payment_required' } }),
  'status-403': answer(403, { json: { error: 'forbidden' } }),
  'firewall-403': answer(403, 'firewall-html', { server: 'cloudflare' }),
  'firewall-200': answer(200, 'firewall-html', { server: 'cloudflare' }),
  'status-404': answer(404, 'html'),
  'status-405': answer(405, 'empty', { allow: 'GET' }),
  'status-408': answer(408, 'empty'),
  'status-409': answer(409, { json: { error: 'conflict' } }),
  'status-418': answer(418, { text: 'I am a teapot', type: 'text/plain' }),
  'status-425': answer(425, 'empty'),
  'status-451': answer(451, 'html'),
  'status-500': answer(500, 'html'),
  'status-500-json': answer(500, { json: { error: 'server_error' } }),
  'status-502': answer(502, 'html'),
  'status-503': answer(503, 'html'),
  'status-503-retry-after': answer(503, 'html', { 'retry-after': '7' }),
  'status-520': answer(520, 'html', { server: 'cloudflare' }),

  'throttled-without-retry-after': throttled(),
  'throttled-seconds': throttled('7'),
  'throttled-http-date': throttled('{{date+30}}'),
  'throttled-past-date': throttled('{{date-3600}}'),
  'throttled-garbage': throttled('in a while'),
  'throttled-for-ages': throttled('1000000000'),
  'throttled-negative': throttled('-5'),

  'redirect-301': redirect(301),
  'redirect-302': redirect(302),
  'redirect-303': redirect(303),
  'redirect-307': redirect(307),
  'redirect-308': redirect(308),
} as const satisfies Record<string, Misbehaviour>
