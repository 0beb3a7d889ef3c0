/** A union with one member for each kind, so that TypeScript can exclude one kind after a check. */
export type ProviderRefusal<K extends string> = K extends string
  ? { readonly kind: K; readonly detail: string }
  : never
