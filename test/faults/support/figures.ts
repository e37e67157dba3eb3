import { appendFileSync } from 'node:fs'

/** Seed of this run: `FAULTS_SEED`, else 1. The same seed gives the same faults to the same calls. */
export const SEED = Number(process.env['FAULTS_SEED'] ?? 1)

/** Keeps a figure for the table that the run ends with. */
export function figure(name: string, value: number | string): void {
  const file = process.env['FAULTS_FIGURES']
  if (file) appendFileSync(file, `${JSON.stringify([name, value])}\n`)
}

/** Counts what was checked, and keeps what did not hold. */
export class Ledger {
  readonly checked = new Map<string, number>()
  readonly broken: string[] = []

  check(rule: string, holds: boolean, detail: () => string): void {
    this.checked.set(rule, (this.checked.get(rule) ?? 0) + 1)
    if (!holds && this.broken.length < 50) this.broken.push(`seed ${SEED}: ${rule}: ${detail()}`)
  }
}
