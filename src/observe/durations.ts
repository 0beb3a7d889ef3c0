import { Gauge, Histogram, type Registry } from 'prom-client'

type Series = {
  /** One count per bucket. The last bucket has no upper bound. */
  readonly counts: Float64Array
  sum: number
}

type Options = {
  readonly name: string
  readonly help: string
  readonly labels: readonly [outer: string, inner: string]
  /** Upper bounds of the buckets in seconds. */
  readonly bounds: readonly number[]
  readonly registry: Registry
}

/**
 * A histogram whose observation costs two look-ups and two additions. prom-client's histogram
 * hashes labels at each observation, which would slow down token requests. This class builds labels
 * only at a scrape.
 */
export class Durations extends Gauge {
  readonly #options: Options
  /** Has no values. Only its metadata are used, to give the metric the type histogram. */
  readonly #description: Histogram
  readonly #series = new Map<string, Map<string, Series>>()

  constructor(options: Options) {
    const { name, help, registry } = options
    super({ name, help, registers: [registry] })
    this.#options = options
    this.#description = new Histogram({ name, help, registers: [] })
  }

  /** Adds one observation. `outer` and `inner` are the values of the two labels. */
  add(outer: string, inner: string, ms: number): void {
    const { bounds } = this.#options
    const series = this.#series.get(outer)?.get(inner) ?? this.#begin(outer, inner)
    const seconds = ms / 1000
    let bucket = 0
    while (seconds > (bounds[bucket] ?? Infinity)) bucket++
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1
    series.sum += seconds
  }

  override async get() {
    const values = [...this.#series].flatMap(([outer, byInner]) =>
      [...byInner].flatMap(([inner, series]) => this.#valuesOf(outer, inner, series)),
    )
    return { ...(await this.#description.get()), values }
  }

  #begin(outer: string, inner: string): Series {
    const series = { counts: new Float64Array(this.#options.bounds.length + 1), sum: 0 }
    const byInner = this.#series.get(outer) ?? new Map<string, Series>()
    this.#series.set(outer, byInner.set(inner, series))
    return series
  }

  #valuesOf(outer: string, inner: string, { counts, sum }: Series) {
    const { name, labels, bounds } = this.#options
    const given: Partial<Record<string, string>> = { [labels[0]]: outer, [labels[1]]: inner }
    let count = 0
    const buckets = Array.from(counts, (inBucket, bucket) => {
      count += inBucket
      const le = bounds[bucket] ?? '+Inf'
      return { metricName: `${name}_bucket`, labels: { ...given, le }, value: count }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: given, value: sum },
      { metricName: `${name}_count`, labels: given, value: count },
    ]
  }
}
