class Markup {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

/** Markup that is safe to send. Only `html` makes it; anything else in a page is escaped. */
export type Html = Markup

export type Content = Html | string | number | null | readonly Content[]

/**
 * A template of markup. Values are escaped for text and for quoted attributes, the only two places
 * where a value may stand: never in a tag's name, a bare attribute, a style or a script.
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
