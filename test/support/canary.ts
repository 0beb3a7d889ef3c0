import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A secret value to search for, and its name in reports. */
export type Canary = { readonly name: string; readonly value: string }

/** The forms in which a value may leak: plain text, base64, base64url, hexadecimal, URL-encoded. */
export function encodings(value: string): readonly string[] {
  const bytes = Buffer.from(value)
  const hex = bytes.toString('hex')
  return [value, encodeURIComponent(value), hex, hex.toUpperCase(), ...atEachOffset(bytes)]
}

/** Names of the canaries that `content` contains in any encoding. */
export function found(canaries: readonly Canary[], content: Buffer | string): readonly string[] {
  const haystack = Buffer.isBuffer(content) ? content : Buffer.from(content)
  return canaries
    .filter(({ value }) => encodings(value).some((needle) => haystack.includes(needle)))
    .map(({ name }) => name)
}

/** Searches every file below a directory. */
export async function foundInFiles(
  canaries: readonly Canary[],
  directory: string,
): Promise<readonly string[]> {
  const hits: string[] = []
  for await (const { name: file, content } of filesBelow(directory)) {
    hits.push(...found(canaries, content).map((name) => `${name} in ${file}`))
  }
  return hits
}

/** Names of the files below a directory that contain a value. */
export async function filesHolding(value: string, directory: string): Promise<readonly string[]> {
  const names: string[] = []
  for await (const { name, content } of filesBelow(directory)) {
    if (found([{ name, value }], content).length > 0) names.push(name)
  }
  return names
}

async function* filesBelow(directory: string) {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true })
  for (const { parentPath, name } of entries.filter((one) => one.isFile())) {
    yield { name, content: await readFile(join(parentPath, name)) }
  }
}

/** The parts of a value's base64 that do not depend on its neighbours, for each of the three offsets. */
function atEachOffset(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes])
    const whole = padded.length - (padded.length % 3)
    const [from, to] = [offset === 0 ? 0 : 4, (whole / 3) * 4]
    return (['base64', 'base64url'] as const).map((encoding) =>
      padded.toString(encoding).slice(from, to),
    )
  })
}
