import { askRefresh, type Told } from '../ask-provider.ts'
import type { MintedGrant } from '../commands.ts'
import { createScriptedProvider } from '../create-scripted-provider.ts'
import type { ScriptedProvider } from '../scripted-provider.ts'
import type { ScriptedProviderOptions } from '../settings.ts'

/** A provider in this process with one grant. */
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
