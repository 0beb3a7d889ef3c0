/** Headers of every private API answer. They forbid caching and content-type guessing. */
export const COMMON_HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
} as const
