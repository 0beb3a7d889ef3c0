/**
 * Bytes of the parameters of a callback, in an address, in a posted form or from a headless app.
 * Codes of Azure AD B2C alone exceed 4,096 characters. 4 KiB of a request's headers remain for the
 * rest.
 */
export const LONGEST_CALLBACK = 12 * 1024
