import type { Facts, Finding } from './facts.ts'

/** I6: no secret leaked, and no redirect was followed. */
export function noSecretLeaks({ truth, seen }: Facts): readonly Finding[] {
  const leaks = (seen.leaks ?? []).map((where) => ({
    family: null,
    message: `a secret was found in ${where}`,
  }))
  const { bytes, connections } = truth.sink
  if (connections === 0) return leaks
  const message = `a redirect was followed: ${connections} connections, ${bytes} bytes`
  return [...leaks, { family: null, message }]
}
