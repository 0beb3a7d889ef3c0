import { describe, expect, test } from 'vitest'
import { explain, isFault } from '../../src/cli/report.ts'
import { ConfigError } from '../../src/config/findings.ts'
import { SealError, StoreError } from '../../src/core/base/errors.ts'
import { ListenError } from '../../src/http/listen.ts'
import { GuardError } from '../../src/oauth/egress/egress.ts'
import { WrongKeyError } from '../../src/seal/wrong-key-error.ts'
import { OpenError } from '../../src/store/open-error.ts'

describe('errors that an operator can mend', () => {
  test.each([
    [new ConfigError(['LARDER_LISTEN: no']), 78, 'LARDER_LISTEN: no'],
    [new WrongKeyError(), 78, 'the master key does not open this vault'],
    [new ListenError('no_socket', '/run/l.sock'), 78, 'cannot listen: /run/l.sock exists'],
    [new ListenError('in_use', '/run/l.sock'), 1, 'cannot listen: /run/l.sock is in use'],
    [new GuardError('not_in_force'), 78, 'is not in force'],
    [new GuardError('deadline'), 1, 'could not be tried out in time'],
    [new SealError('the vault has no index key'), 74, 'the vault has no index key'],
    [new OpenError('in_use'), 74, 'another process holds this data directory'],
    [new StoreError('disk_full', null), 74, 'the database failed: disk_full'],
    [refused('listen', 'EADDRINUSE'), 1, 'cannot listen (EADDRINUSE)'],
    [refused('open', 'EACCES'), 74, 'the data directory cannot be used (EACCES)'],
    [refused('write', 'ENOSPC'), 74, 'the data directory cannot be used (ENOSPC)'],
    [refused('read', 'EIO'), 74, 'the data directory cannot be used (EIO)'],
    [refused('close', 'EIO'), 74, 'the data directory cannot be used (EIO)'],
  ])('the error "%s" is printed with a hint, and its exit code is %d', (error, exitCode, line) => {
    const explained = explain(error)
    expect(explained.lines.join('\n')).toContain(line)
    expect(explained.exitCode).toBe(exitCode)
    expect(explained.hint).not.toBe('')
    expect(isFault(error)).toBe(false)
  })

  test('the hint for a full disk says to free disk space', () => {
    expect(explain(refused('write', 'ENOSPC')).hint).toContain('make room')
  })
})

test.each([new TypeError('canary'), 'canary', null])(
  'a thrown %s is reported as an internal fault, and its text is not printed',
  (error) => {
    expect(explain(error)).toMatchObject({ exitCode: 70 })
    expect(JSON.stringify(explain(error))).not.toContain('canary')
  },
)

function refused(syscall: string, code: string): Error {
  return Object.assign(new Error(`${code}: canary`), { syscall, code })
}
