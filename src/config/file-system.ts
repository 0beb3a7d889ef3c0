import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Findings } from './findings.ts'

const SHARED =
  'whose locks and writes are unsafe for a database: use a local disk or a named volume'
const LAYER = 'so the vault is gone with the container: mount a volume there'
const MEMORY = 'so the vault is gone at the next boot: use a disk or a named volume'

/** File systems that can lose a vault, by their Linux statfs(2) number. All others are accepted. */
const DOUBTFUL: Readonly<Record<number, string>> = {
  0x6969: `on a network share (NFS), ${SHARED}`,
  0x517b: `on a network share (SMB), ${SHARED}`,
  0xff534d42: `on a network share (SMB), ${SHARED}`,
  0xfe534d42: `on a network share (SMB), ${SHARED}`,
  0x00c36400: `on a network share (Ceph), ${SHARED}`,
  0x5346414f: `on a network share (AFS), ${SHARED}`,
  0x01021997: `on a folder of another system (9p), ${SHARED}`,
  0x786f4256: `on a folder of another system (VirtualBox), ${SHARED}`,
  // Docker Desktop uses this type for shared folders of macOS and Windows.
  0x65735546: `on a FUSE file system or a shared folder, ${SHARED}`,
  0x794c7630: `in a container's own layer (overlay), ${LAYER}`,
  0x61756673: `in a container's own layer (aufs), ${LAYER}`,
  0x01021994: `in memory (tmpfs), ${MEMORY}`,
  0x858458f6: `in memory (ramfs), ${MEMORY}`,
}

/** Warns if the file system of the data directory can lose a vault. */
export function doubtFileSystem(
  dataDir: string,
  typeOf: (path: string) => number | null,
  findings: Findings,
): void {
  const doubt = DOUBTFUL[typeOf(dataDir) ?? 0]
  if (doubt !== undefined) findings.warning('LARDER_DATA_DIR', doubt)
}

/** Returns the file system type of a path. If the path does not exist, uses the nearest parent. */
export function fileSystemType(path: string): number | null {
  try {
    return statfsSync(path).type >>> 0
  } catch {
    const parent = dirname(path)
    return parent === path ? null : fileSystemType(parent)
  }
}
