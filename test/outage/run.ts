import { parseArgs } from 'node:util'
import { herd } from './herd.ts'
import { readers } from './readers.ts'
import { refusedSecret } from './refused-secret.ts'
import { transientDays } from './transient-days.ts'

/** `npm run test:outage -- <days|herd|readers|secret> [--…]`: plays one at full length and prints its figures. */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    days: { type: 'string', default: '7' },
    connections: { type: 'string' },
    hanging: { type: 'string', default: '50' },
    concurrency: { type: 'string', default: '16' },
    rate: { type: 'string', default: '100' },
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string' },
    readers: { type: 'string', default: '500' },
    answer: { type: 'string', default: '11' },
  },
})

const number = (text: string | undefined, fallback: number) => Number(text ?? fallback)
const plays: Record<string, () => Promise<object>> = {
  days: () =>
    transientDays({
      days: number(values.days, 7),
      connections: number(values.connections, 50),
      ...(values.seed === undefined ? {} : { seed: values.seed }),
    }),
  secret: () =>
    refusedSecret({
      minutes: number(values.minutes, 60),
      connections: number(values.connections, 100),
    }),
  readers: () =>
    readers({ readers: number(values.readers, 500), answerMs: number(values.answer, 11) * 1000 }),
  herd: () =>
    herd({
      expired: number(values.connections, 10_000),
      hanging: number(values.hanging, 50),
      concurrency: number(values.concurrency, 16),
      ratePerSecond: number(values.rate, 100),
    }),
}

const play = plays[positionals[0] ?? '']
if (play === undefined) {
  process.stderr.write('usage: npm run test:outage -- days|herd|readers|secret\n')
  process.exitCode = 64
} else {
  const figures = await play()
  for (const [name, value] of Object.entries(figures)) {
    process.stdout.write(
      `${name.padEnd(22)} ${Array.isArray(value) ? value.join(' ') : String(value)}\n`,
    )
  }
}
