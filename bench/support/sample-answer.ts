import type { Installation } from '../../test/support/larder-process.ts'
import { tokenPath } from './token-path.ts'

/** One token answer of a running Larder. Yardsticks return as many bytes. */
export async function sampleAnswer(at: Installation, n: number): Promise<Buffer> {
  const headers = { authorization: `Bearer ${at.apiKey}` }
  const answer = await fetch(at.privateUrl + tokenPath(n), { headers })
  const bytes = Buffer.from(await answer.arrayBuffer())
  if (answer.status !== 200) throw new Error(`${answer.status}: ${bytes.toString()}`)
  return bytes
}
