class Markup {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

/** Markup that is safe to send. Only `html` creates it. All other content of a page is escaped. */
export type Html = Markup

export type Content = Html | string | number | null | readonly Content[]

/**
 * A tagged template for markup. Values may appear only in text and in quoted attributes, because
 * `html` escapes values for these two places. Never put a value into a tag name, an unquoted
 * attribute, a style or a script.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Markup(
    strings.reduce((markup, string, i) => markup + render(values[i - 1] ?? null) + string),
  )
}

function render(content: Content): string {
  if (content === null) return ''
  if (content instanceof Markup) return content.toString()
  if (typeof content === 'object') return content.map(render).join('')
  return String(content).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
