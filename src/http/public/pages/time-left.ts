/** The remaining time in words, rounded down. */
export function timeLeft(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return 'in less than a minute'
  if (minutes < 60) return `in ${count(minutes, 'minute')}`
  const hours = Math.floor(minutes / 60)
  return hours < 24 ? `in ${count(hours, 'hour')}` : 'in a day'
}

function count(number: number, unit: string): string {
  return number === 1 ? `1 ${unit}` : `${number} ${unit}s`
}
