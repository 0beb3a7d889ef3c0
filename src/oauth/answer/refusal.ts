/** One member of a union for each kind, so that a check of one leaves the others. */
export type ProviderRefusal<K extends string> = K extends string
  ? { readonly kind: K; readonly detail: string }
  : never
