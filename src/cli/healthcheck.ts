import { exchange } from './daemon-client.ts'
import { printJson, printLine } from './print.ts'
import { Refusal } from './refusal.ts'

const ANSWER_WITHIN_MS = 5_000

/**
 * Checks whether the daemon can return tokens and store rotations. The HEALTHCHECK of the image
 * runs this command.
 */
export async function runHealthcheck(
  url: string,
  options: { readonly json: boolean },
): Promise<void> {
  const { status, body } = await exchange(url, {
    method: 'GET',
    path: '/readyz',
    withinMs: ANSWER_WITHIN_MS,
  })
  if (status === 200) return options.json ? printJson(body) : printLine('ready')
  const reason = (body as { readonly reason?: string } | null)?.reason ?? `status ${status}`
  throw new Refusal(`not ready: ${reason}`, 'GET /healthz shows the state of each part')
}
