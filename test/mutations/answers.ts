import type { Mutation } from './mutation.ts'

const ANY = 'test/oauth/answer/any-answer.test.ts'
const EVERY =
  'any answer gives an outcome that leaks no secret, and only a documented error gives grant_dead'
const KNOWN = 'test/oauth/answer/provider-answers.test.ts'
const REFRESH = 'test/oauth/methods/refresh.test.ts'
const FAILURES = 'test/vault/connect/failures.test.ts'

/** How an answer of a provider is classified. */
export const answers: readonly Mutation[] = [
  {
    guarantee: 'An answer that Larder does not understand never ends a grant',
    file: 'src/core/refresh/classify-answer.ts',
    original: "    kind: 'unknown_refusal',\n",
    mutant: "    kind: 'grant_dead',\n",
    killedBy: [
      [ANY, EVERY],
      [REFRESH, 'an unknown error code is reported as the detail of the outcome'],
    ],
  },
  {
    guarantee: 'A refused request is not replayed at once',
    file: 'src/core/refresh/classify-answer.ts',
    original: "    kind: 'unknown_refusal',\n",
    mutant: "    kind: 'answer_unreadable',\n",
    killedBy: [[KNOWN, 'oidc 400 {"error":"invalid_scope"} is unknown_refusal %s']],
  },
  {
    guarantee: 'A 429 or 5xx answer ends a grant only if a rule names this status',
    file: 'src/core/refresh/classify-answer.ts',
    original: '  return (rule) => isCalm(status) || rule.statuses !== undefined\n',
    mutant: '  return (rule) => isCalm(status) || rule !== undefined\n',
    killedBy: [[KNOWN, 'slack 503 %s is provider_failed %s']],
  },
  {
    guarantee: 'A server error never ends a grant',
    file: 'src/core/refresh/classify-answer.ts',
    original: "  if (status >= 500) return { kind: 'provider_failed', detail }\n",
    mutant: '',
    killedBy: [[KNOWN, 'oidc 500 {"error":"invalid_grant"} is provider_failed %s']],
  },
  {
    guarantee: 'Rules for a wrong client secret are applied before rules for a dead grant',
    file: 'src/core/refresh/classify-answer.ts',
    original: '  if (matches(rules.config, answer)) {\n',
    mutant: '  if (body === undefined) {\n',
    killedBy: [
      [
        KNOWN,
        'square 401 %s is client_config (seen: microsoft/sarif-pattern-matcher, of a wrong secret)',
      ],
    ],
  },
  {
    guarantee: 'A rejected grant is not dead while no other grant of its client is refreshed',
    file: 'src/core/refresh/after-refresh.ts',
    original: 'end.othersRefreshed || isOver',
    mutant: 'end.othersRefreshed || !isOver',
    killedBy: [
      [
        'test/vault/refresh/rejections.test.ts',
        'a repeatedly rejected grant is failing with reason refused while no other grant is refreshed',
      ],
    ],
  },
  {
    guarantee: 'Text from a callback request is never logged',
    file: 'src/vault/connect/connect-failure.ts',
    original: '  return looksLikeCode(error) ? error :',
    mutant: "  return error !== '' ? error :",
    killedBy: [[FAILURES, 'the log never repeats the error text of a callback: %s']],
  },
  {
    guarantee: 'The body of an incomplete answer is never used as an answer',
    file: 'src/core/refresh/classify-answer.ts',
    original: '  const answer = received.complete ? received : { ...received, body: null }\n',
    mutant: '  const answer = received\n',
    killedBy: [[ANY, EVERY]],
  },
  {
    guarantee: 'An answer with tokens and an error is not a success',
    file: 'src/core/refresh/classify-answer.ts',
    original: 'body !== null && hasToken && !hasError(body)\n',
    mutant: 'body !== null && hasToken\n',
    killedBy: [[KNOWN, 'oidc 200 {"access_token":"at-2",%s is unknown_refusal (general)']],
  },
  {
    guarantee: 'No error message quotes a part of a token or secret that was sent',
    file: 'src/oauth/egress/sent-request.ts',
    original: 'secrets.some((secret) => sharesPart(text, secret))',
    mutant: 'secrets.some((secret) => secret === text)',
    killedBy: [[REFRESH, 'the outcome does not quote %s, although it looks like an error code']],
  },
  {
    guarantee: 'An answer that echoes the old refresh token does not count as a rotation',
    file: 'src/oauth/answer/read-answer.ts',
    original: 'found === null || sent.held(found) ? {} : ',
    mutant: 'found === null ? {} : ',
    killedBy: [
      [REFRESH, 'the new refresh token is saved from an answer that echoes the old one: %s'],
    ],
  },
  {
    guarantee: 'A refresh token in a damaged answer is saved',
    file: 'src/oauth/answer/read-answer.ts',
    original: 'const salvaged = mayHoldRotation ? salvage(sent, read.text, value, shape) : {}\n',
    mutant: 'const salvaged = {}\n',
    killedBy: [[REFRESH, 'the new refresh token is saved from a cut answer: %s']],
  },
]
