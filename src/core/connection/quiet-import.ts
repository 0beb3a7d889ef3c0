import type { Connection } from './connection.ts'

type ProviderData = Connection['providerData']

/** Among the data of the provider that nobody is shown, so that it is stored with an import. */
const MARK = '$quiet'

/** An import that makes no event when it is stored, nor when it is proven. */
export function quietly<C extends Connection>(connection: C): C {
  return { ...connection, providerData: { ...connection.providerData, [MARK]: true } }
}

export function isQuiet({ providerData }: Pick<Connection, 'providerData'>): boolean {
  return providerData[MARK] === true
}

/** For what comes after the import. */
export function aloud(providerData: ProviderData): ProviderData {
  const { [MARK]: _mark, ...rest } = providerData
  return rest
}
