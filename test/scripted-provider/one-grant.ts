import { askRefresh, type Told } from '../support/scripted-provider/ask-provider.ts'
import type { MintedGrant } from '../support/scripted-provider/commands.ts'
import { createScriptedProvider } from '../support/scripted-provider/create-scripted-provider.ts'
import type { ScriptedProvider } from '../support/scripted-provider/scripted-provider.ts'
import type { ScriptedProviderOptions } from '../support/scripted-provider/settings.ts'

/** A provider in this process that has given one grant. */
export async function withOneGrant(options: ScriptedProviderOptions = {}) {
  const provider = await createScriptedProvider(options)
  const grant = await newGrant(provider)
  return {
    provider,
    grant,
    refresh: (token: unknown): Promise<Told> => askRefresh(provider, token),
    family: () => provider.family(grant.family),
    [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose](),
  }
}

export async function newGrant(provider: ScriptedProvider): Promise<MintedGrant> {
  const [grant] = await provider.mintGrants(1)
  if (grant === undefined) throw new Error('no grant was minted')
  return grant
}
