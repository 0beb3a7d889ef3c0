import type { Webhooks } from '../../src/ports/ports.ts'

export const NO_WEBHOOKS: Webhooks = {
  endpoints: [],
  deliver: async () => ({ kind: 'stopped' }),
}
