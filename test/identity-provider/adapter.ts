import type { Adapter, AdapterPayload } from 'oidc-provider'

/** Stores everything in a map, because the library's own adapter drops entries after 1,000. */
export function mapAdapter(entries: Map<string, AdapterPayload>): (model: string) => Adapter {
  const where = (test: (payload: AdapterPayload) => boolean, prefix: string) =>
    [...entries].filter(([key, payload]) => key.startsWith(prefix) && test(payload))
  return (model) => ({
    async upsert(id, payload) {
      entries.set(`${model}:${id}`, payload)
    },
    async find(id) {
      return entries.get(`${model}:${id}`)
    },
    async findByUid(uid) {
      return where((payload) => payload.uid === uid, `${model}:`)[0]?.[1]
    },
    async findByUserCode(userCode) {
      return where((payload) => payload.userCode === userCode, `${model}:`)[0]?.[1]
    },
    async consume(id) {
      const payload = entries.get(`${model}:${id}`)
      if (payload) payload['consumed'] = Math.floor(Date.now() / 1000)
    },
    async destroy(id) {
      entries.delete(`${model}:${id}`)
    },
    async revokeByGrantId(grantId) {
      for (const [key] of where((payload) => payload.grantId === grantId, '')) entries.delete(key)
    },
  })
}
