/** A union with one member for each kind, so that a check of one narrows to the others. */
export type ProviderRefusal<K extends string> = K extends string
  ? { readonly kind: K; readonly detail: string }
  : never
