/** Numbers as the platform's database gives them back. */

/** A number of a single-precision column: the shortest that means the same. */
export function single(value: number): number {
  const stored = Math.fround(value)
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(stored.toPrecision(digits))
    if (Math.fround(short) === stored) return short
  }
  return Number(stored.toPrecision(9))
}

const BASE = 10_000

/** Place and value of the first digit, to the base that the database reckons in. */
function firstDigit(number: number): [place: number, value: number] {
  let place = 0
  let value = number
  while (value >= BASE) {
    value = Math.floor(value / BASE)
    place++
  }
  return [place, value]
}

/** The average of whole numbers as decimal text, with as many digits as the database writes; '0' of none. */
export function average(sum: number, count: number): string {
  if (!count) return '0'
  const [sumPlace, sumValue] = firstDigit(sum)
  const [countPlace, countValue] = firstDigit(count)
  const place = sumPlace - countPlace - (sumValue <= countValue ? 1 : 0)
  const digits = Math.max(0, 16 - place * 4)
  const scaled = (BigInt(Math.round(sum)) * 10n ** BigInt(digits) * 2n + BigInt(count)) / (BigInt(count) * 2n)
  const text = scaled.toString().padStart(digits + 1, '0')
  return digits ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text
}
