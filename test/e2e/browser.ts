import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

const FLAGS = [
  // The tests may run as root, where Chromium refuses its own sandbox.
  '--no-sandbox',
  '--disable-domain-reliability',
  '--no-pings',
  // No name outside this machine resolves. Names under .test stand for other sites.
  '--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
]

/** Starts the Chromium of the npm package, or the one of `CHROMIUM_PATH`. */
export async function launchBrowser(): Promise<Browser> {
  const own = process.env['CHROMIUM_PATH']
  if (own !== undefined) return chromium.launch({ executablePath: own, args: FLAGS })
  const home = await unpackedChromium()
  return chromium.launch({
    executablePath: join(home, 'chromium'),
    args: FLAGS,
    env: {
      ...process.env,
      FONTCONFIG_FILE: join(home, 'fonts', 'larder.conf'),
      // Slim images lack NSS; the package has it.
      LD_LIBRARY_PATH: join(home, 'al2023', 'lib'),
    },
  })
}

const packagePath = dirname(
  createRequire(import.meta.url)
    .resolve('@sparticuz/chromium')
    .replace(/build.index\.js$/, '.'),
)

/**
 * Unpacks beside the packages. In the shared temporary directory, another user could have placed an
 * executable, or an older version could be left, and the package would run it unchecked.
 */
async function unpackedChromium(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packagePath, 'package.json'), 'utf8'))
  const cache = join(packagePath, '..', '..', '.cache')
  const home = join(cache, `chromium-${version}-${process.arch}`)
  if (existsSync(home)) return home
  await mkdir(cache, { recursive: true })
  const staging = await mkdtemp(join(cache, 'chromium-unpacking-'))
  try {
    await unpackInto(staging)
    await writeFile(join(staging, 'fonts', 'larder.conf'), fontDirectories(home))
    await rename(staging, home)
  } catch (error) {
    await rm(staging, { recursive: true, force: true })
    // Another worker has unpacked it meanwhile.
    if (!existsSync(home)) throw error
  }
  return home
}

/** The package's own configuration has the font paths of cloud functions. */
function fontDirectories(home: string): string {
  return `<?xml version="1.0"?>
    <!DOCTYPE fontconfig SYSTEM "fonts.dtd">
    <fontconfig>
      <dir>${home}/fonts</dir>
      <dir>/usr/share/fonts</dir>
      <cachedir>${home}/fonts/cache</cachedir>
    </fontconfig>`
}

/** Runs in a child process, because the package unpacks into `TMPDIR`. */
async function unpackInto(directory: string): Promise<void> {
  const script = `import chromium from '@sparticuz/chromium'; await chromium.executablePath()`
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
    env: {
      ...process.env,
      TMPDIR: directory,
      // Makes the package unpack its libraries too.
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    },
  })
}
