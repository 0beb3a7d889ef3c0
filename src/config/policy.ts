import type { Policy } from '../ports/ports.ts'
import type { Environment, Rule } from './environment.ts'
import type { Findings } from './findings.ts'
import type { LarderFile } from './larder-file.ts'
import { isLoopback, type Listen } from './listen.ts'
import { DEFAULT_REFRESH_SETTINGS, refreshPolicy } from './refresh-settings.ts'
import { isRedirectUrl, parsePublicUrl } from './urls.ts'

const DEFAULT_PUBLIC_URL = 'http://localhost:7421'
const PUBLIC_URL_DEMAND =
  'must be an https URL (http on loopback) without query, fragment or login, its path plain'

/** Reads the settings that use cases need. */
export function readPolicy(
  environment: Environment,
  file: LarderFile,
  { findings, publicListen }: { readonly findings: Findings; readonly publicListen: Listen },
): Policy {
  const publicUrl = environment.parsed('LARDER_PUBLIC_URL', parsePublicUrl, PUBLIC_URL_DEMAND)
  if (!environment.isGiven('LARDER_PUBLIC_URL') && !isLoopback(publicListen)) {
    const detail = 'not set, so links that users get begin with http://localhost:7421'
    findings.warning('LARDER_PUBLIC_URL', detail)
  }
  const refresh = file.refresh ?? DEFAULT_REFRESH_SETTINGS
  return {
    ...refreshPolicy(refresh, findings),
    publicUrl: publicUrl ?? DEFAULT_PUBLIC_URL,
    redirectUrls: readRedirectUrls(environment, file, findings),
    confirm: file.links?.confirm ?? 'page',
    concurrencyPerProvider: refresh.concurrencyPerProvider,
    ratePerSecond: refresh.ratePerSecond,
  }
}

const redirectRule: Rule = (raw) =>
  isRedirectUrl(raw)
    ? null
    : 'must be https URLs (http on loopback) or app URLs such as myapp://done, without wildcard, query, fragment or login; an entry covers all paths below it'

function readRedirectUrls(
  environment: Environment,
  file: LarderFile,
  findings: Findings,
): readonly string[] {
  const inFile = file.redirectUrls ?? []
  inFile.forEach((url, index) => {
    const problem = redirectRule(url)
    if (problem !== null) findings.problem(`redirectUrls.${index}`, problem)
  })
  return environment.list('LARDER_REDIRECT_URLS', redirectRule) ?? inFile
}
