import { type ProveNeeds, promoteLeftDraft } from './prove-draft.ts'

const AT_ONCE = 1_000

/**
 * At start: what was handed in with a live access token and was cut off before it took its place. It
 * would wait for its next refresh, which may be days off, or never come. Never throws for one of them.
 */
export async function promoteLeftDrafts(ports: ProveNeeds): Promise<void> {
  for (const draft of await ports.store.provenDrafts(AT_ONCE)) {
    // A rotation of its own that waits in the journal has to be written first.
    if (ports.flights.has(draft.id)) continue
    try {
      await promoteLeftDraft(ports, draft)
    } catch (error) {
      ports.observer.refreshBroke({ id: draft.id, provider: draft.provider, error })
    }
  }
}
