type Text = string
/** Milliseconds since the epoch. */
type Time = number
type Bytes = Uint8Array
/** 0 or 1, because SQLite has no boolean type. */
type Flag = number
/** An array of strings. */
type Json = string

export type Schema = {
  readonly vault: VaultTable
  readonly data_keys: DataKeyTable
  readonly api_keys: ApiKeyTable
  readonly connections: ConnectionTable
  readonly refresh_token_hashes: RefreshTokenHashTable
  readonly connect_links: ConnectLinkTable
  readonly flows: FlowTable
  readonly waiting_grants: WaitingGrantTable
  readonly events: EventTable
  readonly revocations: RevocationTable
  readonly circuits: CircuitTable
  readonly webhooks: WebhookTable
  readonly webhook_holds: WebhookHoldTable
}

/** The table has exactly one row. */
type VaultTable = {
  id: number
  vault_id: Text
  key_check: Bytes
  /** The sequence of the newest event. */
  event_sequence: number
  heartbeat_at: Time
}

type DataKeyTable = {
  id: Text
  purpose: Text
  wrapped: Bytes
  created_at: Time
  retired_at: Time | null
}

export type ApiKeyTable = {
  id: Text
  key_blob: Bytes
  created_at: Time
  revoked_at: Time | null
}

export type ConnectionTable = {
  id: Text
  user_id: Text
  provider: Text
  status: Text
  is_draft: Flag
  draft_replaces: Text | null
  /** Account, label, metadata. */
  profile_blob: Bytes
  /** Parameters, provider data and the client id. Null if the connection has none of them. */
  settings_blob: Bytes | null
  client_secret_blob: Bytes | null
  account_hash: Text | null
  /** Null if the connection is pending. */
  grant_id: Text | null
  generation: number
  requested_scope: Json
  scope: Json
  access_token_blob: Bytes | null
  /** For lists only. A token request uses the time inside the blob. */
  token_expires_at: Time | null
  refresh_token_blob: Bytes | null
  refresh_token_expires_at: Time | null
  end_notice_at: Time | null
  /** The credentials of the user, if the connection has no tokens. */
  credentials_blob: Bytes | null
  failure_reason: Text | null
  failure_detail: Text | null
  failure_since: Time | null
  failure_attempts: number | null
  /**
   * The repeated rejections of the grant: the provider's response, the time of the first rejection,
   * and the number of rejections.
   */
  rejected_as: Text | null
  rejected_since: Time | null
  rejected_times: number | null
  /** The refresh whose outcome is not known yet. */
  attempt_id: Text | null
  attempt_sent_at: Time | null
  /** No other refresh may begin before this time. */
  lease_until: Time | null
  due_at: Time | null
  created_at: Time
  updated_at: Time
  last_refreshed_at: Time | null
  /** See `writeLastReads`. Null until a read is recorded. */
  last_read_at: Time | null
  /** See `row-seal.ts`. Null only during an upgrade. */
  row_blob: Bytes | null
}

export type RefreshTokenHashTable = {
  hash: Text
  connection_id: Text
  created_at: Time
  /**
   * 1: from a consent or import; 0: from a refresh. Null in rows from an earlier version: the sweep
   * sets 1 or 0 in these rows, or deletes them.
   */
  arrived: Flag | null
}

export type ConnectLinkTable = {
  id: Text
  secret_hash: Text
  user_id: Text
  /** The connection that this link reconnects. */
  reconnects: Text | null
  request_blob: Bytes
  status: Text
  connection_id: Text | null
  completion_hash: Text | null
  confirm_before: Time | null
  last_error: Text | null
  /** How often a user submitted credentials on the link's page. */
  tries: number
  created_at: Time
  expires_at: Time
  /** See `row-seal.ts`. Null only during an upgrade. */
  row_blob: Bytes | null
}

export type FlowTable = {
  id: Text
  state_hash: Text
  browser_hash: Text | null
  /** Only for the limit of flows per link. The sealed blob also contains the link. */
  link_id: Text | null
  flow_blob: Bytes
  expires_at: Time
  /** See `row-seal.ts`. Null only during an upgrade. */
  row_blob: Bytes | null
}

export type WaitingGrantTable = {
  link_id: Text
  connection_id: Text
  grant_blob: Bytes
  sent_at: Time
  /** See `row-seal.ts`. Null only during an upgrade. */
  row_blob: Bytes | null
}

export type EventTable = {
  sequence: number
  id: Text
  type: Text
  /** See `subjectOf`. Empty in events that were stored before webhooks existed. */
  subject: Text
  user_id: Text | null
  provider: Text
  body_blob: Bytes
  created_at: Time
  /** See `row-seal.ts`. Null only during an upgrade. */
  row_blob: Bytes | null
}

export type RevocationTable = {
  id: Text
  provider: Text
  settings_blob: Bytes
  refresh_token_blob: Bytes | null
  access_token_blob: Bytes | null
  attempts: number
  created_at: Time
  due_at: Time
  /** See `row-seal.ts`. Null only during an upgrade. */
  row_blob: Bytes | null
}

export type CircuitTable = {
  provider: Text
  client: Text
  failures: number
  open_reason: Text | null
  open_since: Time | null
  open_until: Time | null
}

/** One row per endpoint in the settings. Cursors and replay bounds are event sequences. */
export type WebhookTable = {
  id: Text
  cursor: number
  replay_after: number | null
  replay_until: number | null
  failures: number
  failing_since: Time | null
  due_at: Time
  last_failure_at: Time | null
  last_failure_detail: Text | null
  last_accepted_at: Time | null
  lost: number
  disabled_reason: Text | null
  disabled_at: Time | null
  /** The running delivery has claimed the endpoint until this time. */
  lease_until: Time
  /** When the settings last contained the endpoint. */
  configured_at: Time
  enable_count: number
}

export type WebhookHoldTable = {
  webhook_id: Text
  subject: Text
  sequence: number
  attempts: number
  due_at: Time
  owed_from: number
  lost: number
}
