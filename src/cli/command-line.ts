import { Command, InvalidArgumentError } from 'commander'
import type { Ask } from './daemon-client.ts'
import type { ImportOptions } from './import.ts'
import type { KeyOptions } from './keys.ts'
import { printJson, printLine } from './print.ts'
import { EXIT } from './refusal.ts'

/** Functions of the process, loaded only when a command needs them. */
export type CommandLineNeeds = {
  readonly version: string
  readonly serve: () => Promise<void>
  readonly openApi: () => Promise<unknown>
  readonly privateUrl: () => Promise<string>
  readonly connect: () => Promise<Ask>
  /** Moves the vault. Returns how many rows each table has. */
  readonly move: (to: 'postgres' | 'sqlite') => Promise<Readonly<Record<string, number>>>
}

type Json = { readonly json: boolean }

const JSON_FLAG = ['--json', 'print JSON', false] as const

const loadConnections = () => import('./connections.ts')
const loadKeys = () => import('./keys.ts')

/** Defines all commands. Each command loads only the code that it needs. */
export function commandLine(needs: CommandLineNeeds): Command {
  const program = new Command('larder')
    .description('keeps the OAuth tokens of an app’s users fresh and serves them')
    .version(needs.version, '--version')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`larder: ${text}`) })
    .showHelpAfterError('larder: hint: "larder --help" lists the commands')
  addProcessCommands(program, needs)
  addConnectionCommands(program, needs)
  addKeyCommands(program, needs)
  return program
}

/**
 * Returns the exit code for an error of commander: 0 for help and version, otherwise the usage
 * code.
 */
export function usageExitCode(error: { readonly exitCode: number }): number {
  return error.exitCode === 0 ? 0 : EXIT.usage
}

function addProcessCommands(program: Command, needs: CommandLineNeeds): void {
  program
    .command('serve')
    .description('run the daemon (the default)')
    .action(() => needs.serve())
  program
    .command('healthcheck')
    .description('ask the daemon of this machine whether it is ready')
    .option(...JSON_FLAG)
    .action(async (options: Json) => {
      const { runHealthcheck } = await import('./healthcheck.ts')
      await runHealthcheck(await needs.privateUrl(), options)
    })
  const move = program
    .command('move')
    .description('move the vault of the stopped daemon to another database')
  for (const to of ['postgres', 'sqlite'] as const) {
    move
      .command(`to-${to}`)
      .description(to === 'postgres' ? 'into LARDER_DATABASE_URL' : 'back into the data directory')
      .option(...JSON_FLAG)
      .action(async ({ json }: Json) => {
        const counts = await needs.move(to)
        if (json) return printJson(counts)
        return printLine(`moved, connections: ${counts['connections']}; the old vault is retired`)
      })
  }
  program
    .command('openapi')
    .description('print the OpenAPI document of the private API')
    .option(...JSON_FLAG)
    .action(async () => printJson(await needs.openApi()))
  program
    .command('version')
    .description('print the version')
    .option(...JSON_FLAG)
    .action(({ json }: Json) => {
      const { version } = needs
      return json ? printJson({ version, node: process.version }) : printLine(version)
    })
}

function addConnectionCommands(program: Command, needs: CommandLineNeeds): void {
  const connections = program.command('connections').description('stored connections')
  connections
    .command('list')
    .description('list all, or those that the options select')
    .option('--user <id>', 'of this user')
    .option('--provider <id>', 'at this provider')
    .option('--status <status>', 'pending, active, failing or disconnected')
    .option(...JSON_FLAG)
    .action(async (options) =>
      (await loadConnections()).listConnections(await needs.connect(), options),
    )
  connections
    .command('show <id>')
    .description('one of them, as JSON')
    .option(...JSON_FLAG)
    .action(async (id: string) =>
      (await loadConnections()).showConnection(await needs.connect(), id),
    )
  connections
    .command('refresh <id>')
    .description('refresh its token now')
    .option(...JSON_FLAG)
    .action(async (id: string, options) =>
      (await loadConnections()).refreshConnection(await needs.connect(), id, options),
    )
  connections
    .command('delete <id>')
    .description('delete it, and revoke its grant at the provider')
    .option('--no-revoke', 'leave the grant at the provider as it is')
    .option(...JSON_FLAG)
    .action(async (id: string, options) =>
      (await loadConnections()).deleteConnection(await needs.connect(), id, options),
    )
  program
    .command('import <file>')
    .description('import many connections: a file of JSON lines, or - for standard input')
    .option('--verify', 'prove each at its provider first, at the rate of the settings', false)
    .option('--no-events', 'create no events for them, so that webhooks send none')
    .option('--problems-only', 'print only refused lines', false)
    .option('--from-line <n>', 'continue an interrupted import at this line', lineNumber, 1)
    .option(...JSON_FLAG)
    .action(async (file: string, options: ImportOptions) => {
      const { importFile } = await import('./import.ts')
      await importFile(await needs.connect(), file, options)
    })
  program
    .command('link <user> <provider>')
    .description('make a one-time URL on which the user connects')
    .option('--redirect-url <url>', 'where the user is sent at the end')
    .option('--ttl-seconds <n>', 'how long the link works', wholeNumber)
    .option('--connection <id>', 'reconnect this connection')
    .option(...JSON_FLAG)
    .action(async (userId: string, provider: string, options) => {
      const { makeLink } = await import('./link.ts')
      await makeLink(await needs.connect(), { userId, provider }, options)
    })
}

function addKeyCommands(program: Command, needs: CommandLineNeeds): void {
  program
    .command('master-key')
    .description('the key that seals the vault')
    .command('new')
    .description('print a new one, for LARDER_MASTER_KEY_FILE')
    .option(...JSON_FLAG)
    .action(async (options: Json) => (await loadKeys()).printNewSecret('base64', options))
  const keys = program.command('keys').description('keys to the private API')
  keys
    .command('new [name]')
    .description('print a new key: for LARDER_API_KEY_FILE, or with a name one the daemon knows')
    .option('--permissions <list>', 'what it may do, comma-separated', commaSeparated, [
      'tokens:read',
    ])
    .option('--providers <list>', 'narrow it to these providers', commaSeparated)
    .option('--user-prefix <prefix>', 'narrow it to users whose id begins with this prefix')
    .option(...JSON_FLAG)
    .action(async (name: string | undefined, options: KeyOptions) => {
      const { createKey, printNewSecret } = await loadKeys()
      if (name === undefined) printNewSecret('base64url', options)
      else await createKey(await needs.connect(), name, options)
    })
  keys
    .command('list')
    .description('list the keys that the daemon knows, without their secrets')
    .option(...JSON_FLAG)
    .action(async (options: Json) => (await loadKeys()).listKeys(await needs.connect(), options))
  keys
    .command('revoke <id>')
    .description('revoke it: the next request with it is refused')
    .option(...JSON_FLAG)
    .action(async (id: string, options: Json) =>
      (await loadKeys()).revokeKey(await needs.connect(), id, options),
    )
}

function commaSeparated(raw: string): readonly string[] {
  return raw.split(',').map((item) => item.trim())
}

function lineNumber(raw: string): number {
  return Math.max(1, wholeNumber(raw))
}

function wholeNumber(raw: string): number {
  if (!/^\d{1,9}$/.test(raw)) throw new InvalidArgumentError('it must be a whole number')
  return Number(raw)
}
