import { LRUCache } from 'lru-cache'
import type { Connection } from '../../core/connection/connection.ts'
import type { ConnectionId, ProviderId, UserId } from '../../core/base/ids.ts'
import { type ChangeLog, type OwnerKey, ownerKey } from '../context.ts'
import { RecentIds } from '../../core/base/recent-ids.ts'

/** A connection and its size in memory. */
export type Loaded = { readonly connection: Connection; readonly bytes: number }

const LIST_BYTES = 256
const MEMBER_BYTES = 96

/**
 * A cache of connections, limited in bytes. Reads return the same object until its row is written,
 * so that callers can cache derived values by object identity. A write evicts its connections after
 * the commit. A read that began before the commit does not fill the cache.
 *
 * If the cache is full, a connection enters at its second read within some thousand reads. Otherwise
 * reads of many connections, once each, would replace the connections that are read often. They would
 * also cost more: the garbage collector moves a cached object to the old generation first, and each
 * object there is expensive to collect.
 */
export class ConnectionCache {
  readonly #connections: LRUCache<ConnectionId, Connection>
  /** Lists hold ids only, so that a list does not keep evicted connections in memory. */
  readonly #lists: LRUCache<OwnerKey, readonly ConnectionId[]>
  readonly #loads = new Map<ConnectionId, Promise<Connection | null>>()
  readonly #missed = new RecentIds()
  readonly #maxBytes: number
  readonly #listLoads = new Map<OwnerKey, Promise<readonly Connection[]>>()

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#connections = new LRUCache({ maxSize: maxBytes })
    this.#lists = new LRUCache({ maxSize: maxBytes })
  }

  connection(id: ConnectionId): Connection | undefined {
    return this.#connections.get(id)
  }

  connectionsOf(userId: UserId, provider: ProviderId): readonly Connection[] | undefined {
    const ids = this.#lists.get(ownerKey(userId, provider))
    if (ids === undefined) return undefined
    const list: Connection[] = []
    for (const id of ids) {
      const member = this.#connections.get(id)
      // The connection was evicted after the list was cached, so the list must be read again.
      if (member === undefined) return undefined
      list.push(member)
    }
    return list
  }

  /** Concurrent callers share one read. A read that ends at once has no concurrent callers. */
  load(
    id: ConnectionId,
    read: () => Loaded | null | Promise<Loaded | null>,
  ): Connection | null | Promise<Connection | null> {
    const underWay = this.#loads.get(id)
    if (underWay !== undefined) return underWay
    const result = read()
    if (!(result instanceof Promise)) return result === null ? null : this.#keep(result)
    const load = result
      .then((loaded) => {
        if (loaded !== null && this.#loads.get(id) === load) this.#keep(loaded)
        return loaded === null ? null : (this.#connections.get(id) ?? loaded.connection)
      })
      .finally(() => {
        if (this.#loads.get(id) === load) this.#loads.delete(id)
      })
    this.#loads.set(id, load)
    return load
  }

  loadList(
    owner: { readonly userId: UserId; readonly provider: ProviderId },
    read: () => readonly Loaded[] | Promise<readonly Loaded[]>,
  ): readonly Connection[] | Promise<readonly Connection[]> {
    const key = ownerKey(owner.userId, owner.provider)
    const underWay = this.#listLoads.get(key)
    if (underWay !== undefined) return underWay
    const result = read()
    if (!(result instanceof Promise)) return this.#keepList(key, result)
    const load: Promise<readonly Connection[]> = result
      .then((loaded) =>
        this.#listLoads.get(key) === load
          ? this.#keepList(key, loaded)
          : loaded.map(({ connection }) => connection),
      )
      .finally(() => {
        if (this.#listLoads.get(key) === load) this.#listLoads.delete(key)
      })
    this.#listLoads.set(key, load)
    return load
  }

  evict(changes: ChangeLog): void {
    if (changes.connections.size === 0) return
    for (const id of changes.connections) {
      this.#connections.delete(id)
      this.#loads.delete(id)
    }
    for (const owner of changes.owners) this.#lists.delete(owner)
    // A list read that is still running may return an outdated list.
    this.#listLoads.clear()
  }

  /** A read that is still running does not fill the cache. */
  clear(): void {
    for (const part of [this.#connections, this.#lists, this.#loads, this.#listLoads]) part.clear()
  }

  #keepList(key: OwnerKey, loaded: readonly Loaded[]): readonly Connection[] {
    const list = loaded.map((member) => this.#keep(member))
    const ids = list.map(({ id }) => id)
    if (ids.every((id) => this.#connections.has(id))) {
      this.#lists.set(key, ids, { size: LIST_BYTES + MEMBER_BYTES * list.length })
    }
    return list
  }

  /** Prefers the cached object, which is equally new, because callers rely on object identity. */
  #keep({ connection, bytes }: Loaded): Connection {
    const standing = this.#connections.get(connection.id)
    if (standing !== undefined) return standing
    const hasRoom = this.#connections.calculatedSize + bytes <= this.#maxBytes
    if (this.#missed.note(connection.id) || hasRoom) {
      this.#connections.set(connection.id, connection, { size: bytes })
    }
    return connection
  }
}
