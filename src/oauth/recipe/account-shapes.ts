import { z } from 'zod'
import type { TextSource } from '../../core/base/json-path.ts'

export const path = z
  .string()
  .regex(/^[^.[\]]*(\.[^.[\]]+|\[[\w-]*\])*$/, 'must be keys with dots between them')

export const textSource: z.ZodType<TextSource> = z.lazy(() =>
  z.union([
    path,
    z.array(textSource).min(1).readonly(),
    z.strictObject({ joined: z.array(textSource).min(1).readonly(), with: z.string() }).readonly(),
  ]),
)

/**
 * The place in an answer that says whether the e-mail is verified. The default is `email_verified`.
 * Use `true` or `false` if the vendor documents that its e-mails are always or never verified.
 */
export const emailVerified = z.union([z.boolean(), path]).optional()

export const accountSources = z
  .strictObject({
    id: textSource.optional(),
    email: textSource.optional(),
    emailVerified,
    name: textSource.optional(),
  })
  .readonly()
export type AccountSources = z.output<typeof accountSources>
