/** On every answer of the private API: none may be kept, or be taken for something else. */
export const COMMON_HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
} as const
