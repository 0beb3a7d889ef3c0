import { fileURLToPath } from 'node:url'

/** The directory of package.json. This file is one level below, in `src` and, once built, in `dist`. */
export const PACKAGE_DIRECTORY = fileURLToPath(new URL('..', import.meta.url))
