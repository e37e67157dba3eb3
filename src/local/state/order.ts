/** Sorts by a time, newest first. */
export const newest =
  <T>(time: (row: T) => string) =>
  (a: T, b: T): number =>
    time(a) < time(b) ? 1 : time(a) > time(b) ? -1 : 0

/** Rows that match, last changed first. */
export const newestFirst = <T extends { updated_at: string }>(rows: readonly T[]): T[] =>
  [...rows].reverse().sort(newest((row) => row.updated_at))
