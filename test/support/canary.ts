import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A value that must not be found where it does not belong, and what to call it in a report. */
export type Canary = { readonly name: string; readonly value: string }

/** Every way in which a value has been seen to leak: as it is, base64, base64url, hexadecimal, URL-encoded. */
export function encodings(value: string): readonly string[] {
  const bytes = Buffer.from(value)
  const hex = bytes.toString('hex')
  return [value, encodeURIComponent(value), hex, hex.toUpperCase(), ...atEachOffset(bytes)]
}

/** Names of the canaries that stand in `content`, in whatever encoding. */
export function found(canaries: readonly Canary[], content: Buffer | string): readonly string[] {
  const haystack = Buffer.isBuffer(content) ? content : Buffer.from(content)
  return canaries
    .filter(({ value }) => encodings(value).some((needle) => haystack.includes(needle)))
    .map(({ name }) => name)
}

/** Every file below a directory, searched. */
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

/** Names of the files below a directory in which a value stands. */
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

/** Base64 of a value inside a longer text depends on where it begins: the bytes that do not are looked for. */
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
