import type { Mutation } from './mutation.ts'

const EGRESS = 'test/oauth/egress.test.ts'

/** The door to providers. */
export const egress: readonly Mutation[] = [
  {
    promise: 'no redirect is followed with a token in the body',
    file: 'src/oauth/egress.ts',
    original: 'const answer = await client.request({ path, method, headers, body, reset: true })\n',
    mutant:
      "const { interceptors } = await import('undici')\n    const answer = await client.compose(interceptors.redirect({ maxRedirections: 3 })).request({ path, method, headers, body, reset: true, origin: url.origin })\n",
    killedBy: [[EGRESS, 'a %s is an answer, not a way to another host']],
  },
  {
    promise: 'an exchange has one end, however the answer drips',
    file: 'src/oauth/egress.ts',
    original: 'return await Promise.race([receive(client, request, progress), deadline])\n',
    mutant: 'return await Promise.race([receive(client, request, progress)])\n',
    killedBy: [[EGRESS, 'a body that drips for ever ends with the one deadline']],
  },
  {
    promise: 'plain http goes to loopback alone',
    file: 'src/oauth/egress.ts',
    original: "(url.protocol === 'http:' && reach === 'loopback')\n",
    mutant: "url.protocol === 'http:'\n",
    killedBy: [[EGRESS, 'plain http goes to a spelled out loopback address and nowhere else']],
  },
  {
    promise: 'it does not start where the guard is not in force',
    file: 'src/oauth/egress.ts',
    original: "  if (result.reason === 'blocked') return\n",
    mutant: '  return\n',
    killedBy: [[EGRESS, 'it does not open where the guard lets a blocked address through']],
  },
  {
    promise: 'a name that leads into a private network is not connected to',
    file: 'src/oauth/guarded-connector.ts',
    original: '!addresses.every(({ address }) => mayReach(address, reach))',
    mutant: 'addresses.length === 0',
    killedBy: [[EGRESS, 'a name that leads to %s is refused']],
  },
  {
    promise: 'a literal private address is not connected to',
    file: 'src/oauth/guarded-connector.ts',
    original: '    if (isIP(target.hostname) !== 0 && !mayReach(target.hostname, reach)) {\n',
    mutant: '    if (isIP(target.hostname) < 0) {\n',
    killedBy: [[EGRESS, 'the literal %s is refused before anything is sent']],
  },
  {
    promise: 'a certificate that nobody vouches for is not spoken to',
    file: 'src/oauth/guarded-connector.ts',
    original: 'rejectUnauthorized: true',
    mutant: 'rejectUnauthorized: false',
    killedBy: [
      ['test/oauth/egress-tls.test.ts', 'a certificate of an unknown authority: nothing is sent'],
    ],
  },
]
