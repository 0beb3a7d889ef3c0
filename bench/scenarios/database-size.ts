import { atMost } from '../../test/support/figures.ts'
import { databaseBytes } from '../support/filled-vault.ts'
import { type Bench, row, type Row, type Scenario } from '../scenario.ts'

const MOST_BYTES = 1_500

export const databaseSize: Scenario = {
  name: 'database-size',
  title: 'Database size',
  method:
    'The size of the large database without that of an empty one, for each connection: access ' +
    'tokens of 180 characters, refresh tokens of 100, two scopes, and an account with e-mail and ' +
    'name. The log is empty, and there are no events.',
  run: measure,
}

async function measure(bench: Bench): Promise<readonly Row[]> {
  const { size } = bench
  const bytes = ((await databaseBytes(size, bench)) - (await databaseBytes(0, bench))) / size
  const text = `${Math.round(bytes)} bytes`
  return [row('database size for each connection', text, { goal: atMost(MOST_BYTES, bytes) })]
}
