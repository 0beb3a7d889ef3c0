import { startScriptedProvider } from '../start-scripted-provider.ts'

/** Starts a provider, reports it to the parent process, and waits to be killed. */
const { pid, origin } = await startScriptedProvider()
process.send?.({ pid, origin })
setInterval(() => undefined, 60_000)
