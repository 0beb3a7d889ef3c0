import type { Preset } from '../recipe/preset-schema.ts'

export const icloudCaldav = {
  name: 'iCloud Calendar',
  documentation: {
    url: 'https://support.apple.com/102654',
    verifiedOn: '2026-11-22',
    // Apple documents these passwords, but not its CalDAV server.
    unverified: ['probe', 'credentials.refused'],
  },
  connectsBy: 'credentials',
  credentials: {
    type: 'basic',
    usernameLabel: 'Apple Account e-mail address',
    secretLabel: 'App-specific password',
    help: 'Not your Apple Account password: make an app-specific one at account.apple.com, under Sign-In and Security. You can revoke it there at any time.',
    helpUrl: 'https://support.apple.com/102654',
    refused: [{ statuses: [401, 403] }],
  },
  // Requests the current user principal (RFC 5397 §3). The server answers any method other than
  // PROPFIND with 400.
  probe: {
    url: 'https://caldav.icloud.com/',
    method: 'PROPFIND',
    headers: { depth: '0', 'content-type': 'application/xml; charset=utf-8' },
    body: '<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><current-user-principal/></prop></propfind>',
    success: { statuses: [207] },
  },
} as const satisfies Preset
