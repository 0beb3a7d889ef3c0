import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { dirname, join } from 'node:path'
import { PACKAGE_DIRECTORY } from '../package-directory.ts'

const LONGEST_STACK = 20
const FRAME = /^ {4}at (?:[^()]+ \()?((?:file:|node:|\/)[^\s()]+:\d+:\d+)\)?$/
const BUILT = /^(.+\.cjs):(\d+):(\d+)$/

/**
 * Returns the stack frames of this package and of Node, as places in the sources. Skips the
 * message, because it may look like frames.
 */
export function stackFrames({ stack = '', message }: Error): readonly string[] {
  const past = stack.slice(Math.max(0, stack.indexOf(message)) + message.length)
  return past
    .split('\n')
    .flatMap((line) => FRAME.exec(line)?.[1] ?? [])
    .flatMap((place) => (place.startsWith('node:') ? place : (inPackage(place) ?? [])))
    .slice(0, LONGEST_STACK)
}

function inPackage(place: string): string | undefined {
  const path = place.split(PACKAGE_DIRECTORY)[1]
  return path === undefined ? undefined : inSource(path)
}

/**
 * Translates a place in a built file. Node does the same with `--enable-source-maps`, but then reads
 * every map at the start, which takes 35 MB.
 */
function inSource(path: string): string {
  const [, file = '', line, column] = BUILT.exec(path) ?? []
  const origin = mapOf(file)?.findOrigin(Number(line), Number(column))
  if (origin === undefined || !('fileName' in origin)) return path
  const { fileName, lineNumber, columnNumber } = origin
  return `${join(dirname(file), fileName)}:${lineNumber}:${columnNumber}`
}

const maps = new Map<string, SourceMap | undefined>()

function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) maps.set(file, readMap(file))
  return maps.get(file)
}

/** Returns undefined for a file without a map, because an incomplete frame is better than none. */
function readMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(join(PACKAGE_DIRECTORY, `${file}.map`), 'utf8')))
  } catch {
    return undefined
  }
}
