import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/
const LICENSE_FILE = /^(licen[cs]e|copying|notice)/i

/** Returns the licence notices of the packages that `modules` belong to, ordered by name. */
export function thirdPartyLicenses(modules: readonly string[]): string {
  const directories = new Set(modules.flatMap((module) => PACKAGE.exec(module)?.[0] ?? []))
  return [...directories]
    .map(noticeOf)
    .toSorted()
    .join(`\n${'-'.repeat(80)}\n\n`)
}

function noticeOf(directory: string): string {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    readonly name: string
    readonly version: string
    readonly license: string
  }
  const { name, version, license } = manifest
  const files = readdirSync(directory).filter((file) => LICENSE_FILE.test(file))
  const texts = files.map((file) => readFileSync(join(directory, file), 'utf8').trim())
  const text = texts.length > 0 ? texts.join('\n\n') : 'The package contains no licence file.'
  return `${name} ${version} (${license})\n\n${text}\n`
}
