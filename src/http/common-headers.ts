/**
 * Headers of every answer of the private API: no cache may keep it, no browser may guess its type.
 */
export const COMMON_HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
} as const
