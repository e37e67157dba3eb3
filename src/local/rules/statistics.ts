/** Rounds half up at so many decimals. */
export function round(value: number, decimals = 3): number {
  const factor = 10 ** decimals
  return Math.round(value * factor) / factor
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** The mean; 0 without values. */
export const mean = (values: readonly number[]): number => (values.length ? sum(values) / values.length : 0)

/** The standard deviation of a sample (n - 1) around a mean that is given; 0 below two values. */
export function deviation(values: readonly number[], around: number): number {
  if (values.length < 2) return 0
  return Math.sqrt(sum(values.map((value) => (value - around) ** 2)) / (values.length - 1))
}

/** A percentile (0 to 100) by linear interpolation; 0 without values. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = ((sorted.length - 1) * percent) / 100
  const below = sorted[Math.floor(at)] ?? 0
  return below + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] ?? below) - below)
}

/** Slope of the least-squares line through values at 0, 1, 2, …; 0 below two values. */
export function slope(values: readonly number[]): number {
  if (values.length < 2) return 0
  const middle = (values.length - 1) / 2
  const average = mean(values)
  const up = sum(values.map((value, x) => (x - middle) * (value - average)))
  return up / sum(values.map((_value, x) => (x - middle) ** 2))
}

/** Groups rows by a key, in order of the first of each. */
export function groups<T>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>()
  for (const row of rows) {
    const group = found.get(key(row))
    if (group) group.push(row)
    else found.set(key(row), [row])
  }
  return found
}
