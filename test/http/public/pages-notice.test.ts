import { expect, test } from 'vitest'
import {
  noticePage,
  noticeStatus,
  type Outcome,
  outcomeNotice,
} from '../../../src/http/public/pages/notice-page.ts'

const FRAME = { stylesheet: '/assets/x.css' }
const ACME = { provider: 'Acme', retry: null, reference: null }

test.each<[Outcome, number, string]>([
  [{ kind: 'connected', awaitsConfirmation: false }, 200, 'Acme is connected'],
  [{ kind: 'connected', awaitsConfirmation: true }, 200, 'Almost done'],
  [failed('reject', 'access_denied'), 403, 'Acme was not connected'],
  [failed('unsupported', 'unsupported_account'), 403, 'This account cannot be connected'],
  [failed('internal', 'account_mismatch'), 409, 'That was another account'],
  [failed('internal', 'conflict'), 500, 'Acme was not connected'],
  [failed('internal', 'link_used'), 410, 'This link has been used'],
  [failed('internal', 'link_withdrawn'), 410, 'This link was withdrawn'],
  [failed('internal', 'provider_misconfigured'), 502, 'Acme is not set up correctly'],
  [failed('internal', 'provider_unavailable'), 503, 'Acme cannot be reached'],
  [failed('internal', 'consent_required'), 403, 'Acme has to ask you first'],
  [failed('internal', 'provider_refused'), 502, 'Acme refused the connection'],
  [failed('internal', 'internal'), 500, 'Acme was not connected'],
  [failed('internal', 'constructor'), 500, 'Acme was not connected'],
  [failed('internal', 'invalid_request'), 500, 'Acme was not connected'],
])('the page of %j has the status %d and the heading "%s"', (outcome, status, heading) => {
  const notice = outcomeNotice(outcome)
  expect(noticeStatus(notice)).toBe(status)
  const page = noticePage(FRAME, notice, ACME).toString()
  expect(page).toContain(`<h1>${heading}</h1>`)
  expect(page).toContain(`<title>${heading}</title>`)
  expect(page).not.toContain('{provider}')
})

test("a notice page escapes a provider's name and does not treat it as a replacement pattern", () => {
  const notice = outcomeNotice(failed('reject', 'access_denied'))
  const page = noticePage(FRAME, notice, { ...ACME, provider: '<b>$&' }).toString()
  expect(page).toContain('&#60;b&#62;$&#38; was not connected')
})

test('a notice page says "The provider" if the provider is unknown', () => {
  const page = noticePage(FRAME, 'provider_unavailable', { ...ACME, provider: null }).toString()
  expect(page).toContain('<h1>The provider cannot be reached</h1>')
  expect(page).not.toContain('{provider}')
})

test('a notice page shows a retry link and a reference only if the outcome has them', () => {
  const bare = noticePage(FRAME, 'link_expired', ACME).toString()
  expect(noticeStatus('link_expired')).toBe(410)
  expect(bare).not.toMatch(/<a |Reference/)
  const full = noticePage(FRAME, 'internal', {
    ...ACME,
    retry: '/connect/x',
    reference: 'abc',
  }).toString()
  expect(full).toContain('href="/connect/x"')
  expect(full).toContain('Reference: <code>abc</code>')
})

function failed(word: 'reject' | 'unsupported' | 'internal', errorCode: string): Outcome {
  return { kind: 'failed', word, errorCode }
}
