import type { Connection } from './connection.ts'

type ProviderData = Connection['providerData']

/** A key in the provider data. No API shows it, because its name begins with `$`. */
const MARK = '$quiet'

/** Marks an import that appends no events, neither when it is stored nor when it is proven. */
export function quietly<C extends Connection>(connection: C): C {
  return { ...connection, providerData: { ...connection.providerData, [MARK]: true } }
}

export function isQuiet({ providerData }: Pick<Connection, 'providerData'>): boolean {
  return providerData[MARK] === true
}

/** Removes the mark. */
export function aloud(providerData: ProviderData): ProviderData {
  const { [MARK]: _mark, ...rest } = providerData
  return rest
}
