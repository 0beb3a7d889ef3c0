/**
 * Maximum bytes of callback parameters, in a URL, in a posted form or from a headless app. A code
 * of Azure AD B2C alone can exceed 4,096 characters. This maximum leaves 4 KiB of the header limit
 * for other headers.
 */
export const LONGEST_CALLBACK = 12 * 1024
