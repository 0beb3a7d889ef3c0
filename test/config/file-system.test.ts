import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fileSystemType } from '../../src/config/file-system.ts'
import { load } from './load.ts'
import { tempDir } from './temp-dir.ts'

/** Magic numbers from statfs(2), from the kernel's `linux/magic.h` and from `vboxsf`. */
const DOUBTED = [
  ['NFS', 0x6969, 'on a network share (NFS), whose locks'],
  ['SMB version 1', 0x517b, 'on a network share (SMB), whose locks'],
  ['CIFS', 0xff534d42, 'on a network share (SMB), whose locks'],
  ['SMB 2', 0xfe534d42, 'on a network share (SMB), whose locks'],
  ['Ceph', 0x00c36400, 'on a network share (Ceph), whose locks'],
  ['AFS', 0x5346414f, 'on a network share (AFS), whose locks'],
  ['9p', 0x01021997, 'on a folder of another system (9p), whose locks'],
  ['a VirtualBox folder', 0x786f4256, 'on a folder of another system (VirtualBox), whose locks'],
  ['FUSE', 0x65735546, 'on a FUSE file system or a shared folder, whose locks'],
  ['overlay', 0x794c7630, "in a container's own layer (overlay), so the vault is gone with"],
  ['aufs', 0x61756673, "in a container's own layer (aufs), so the vault is gone with"],
  ['tmpfs', 0x01021994, 'in memory (tmpfs), so the vault is gone at'],
  ['ramfs', 0x858458f6, 'in memory (ramfs), so the vault is gone at'],
] as const

const TRUSTED = [
  ['ext4', 0xef53],
  ['XFS', 0x58465342],
  ['Btrfs', 0x9123683e],
  ['ZFS', 0x2fc12fc1],
  ['F2FS', 0xf2f52010],
] as const

const warningsFor = (type: number | null) =>
  load({}, { fileSystemType: () => type }).warnings.filter((line) => line.includes('DATA_DIR'))

describe('the file system of the data directory', () => {
  test.each(DOUBTED)(
    'a data directory on %s gives a warning that says what to do',
    (_, type, beginning) => {
      const [warning, ...others] = warningsFor(type)
      expect(warning).toContain(`LARDER_DATA_DIR: ${beginning}`)
      expect(warning).toMatch(/: (use|mount) a .*volume/)
      expect(others).toEqual([])
    },
  )

  test.each(TRUSTED)('a data directory on %s gives no warning', (_, type) =>
    expect(warningsFor(type)).toEqual([]),
  )

  test('a data directory on an unknown file system gives no warning', () =>
    expect(warningsFor(null)).toEqual([]))

  test('the file system is checked at the data directory, or at its nearest existing parent', () => {
    const cwd = tempDir()
    const asked: string[] = []
    const fileSystemTypeOf = (path: string) => (asked.push(path), null)
    load({ LARDER_DATA_DIR: 'some/where' }, { cwd, fileSystemType: fileSystemTypeOf })
    expect(asked).toEqual([join(cwd, 'some/where')])
    expect(fileSystemType(join(cwd, 'not', 'there', 'yet'))).toBe(fileSystemType(cwd))
    expect(fileSystemType(cwd)).toBeGreaterThan(0)
  })
})
