import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type SmallDisk = Disposable & {
  readonly path: string
  fill(): void
  free(): void
  /** Remounts read-only. No process may have a file open for writing. */
  makeReadOnly(): void
}

/** Whether a test may mount a file system, which takes root. */
export function canMount(): boolean {
  const path = mkdtempSync(join(tmpdir(), 'larder-mount-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', path]).status === 0
  if (mounted) spawnSync('umount', [path])
  rmSync(path, { recursive: true })
  return mounted
}

export function mountSmallDisk(megabytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'larder-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', path])
  const ballast = join(path, 'ballast')
  return {
    path,
    fill: () => fill(ballast),
    free: () => rmSync(ballast, { force: true }),
    makeReadOnly: () => void execFileSync('mount', ['-o', 'remount,ro', path]),
    [Symbol.dispose]: () => {
      execFileSync('umount', ['--lazy', path])
      rmSync(path, { recursive: true, force: true })
    },
  }
}

/** An overlay file system, as in a container; null if this machine supports none. */
export function mountOverlay(disk: SmallDisk): (Disposable & { readonly path: string }) | null {
  const [lower, upper, work, path] = ['lower', 'upper', 'work', 'merged'].map((name) => {
    const directory = join(disk.path, name)
    mkdirSync(directory)
    return directory
  })
  if (path === undefined) return null
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`
  const mounted = spawnSync('mount', ['-t', 'overlay', '-o', options, 'overlay', path])
  if (mounted.status !== 0) return null
  return { path, [Symbol.dispose]: () => void execFileSync('umount', ['--lazy', path]) }
}

/** Writes smaller and smaller pieces until not one byte fits. */
function fill(path: string): void {
  const file = openSync(path, 'a')
  for (let size = 2 ** 20; size >= 1;) {
    try {
      if (writeSync(file, Buffer.alloc(size, 1)) < size) size /= 2
    } catch {
      size = Math.floor(size / 2)
    }
  }
  closeSync(file)
}
