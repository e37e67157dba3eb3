import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Collects the figures of all files, and prints them at the end. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'dashclaw-faults-'))
  const file = join(folder, 'figures.jsonl')
  process.env['FAULTS_FIGURES'] = file
  return () => {
    let lines: [string, number | string][] = []
    try {
      lines = readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as [string, number | string])
    } catch {
      // Nothing ran.
    }
    // What both halves of the soak counted is added up.
    const sums = new Map<string, number | string>()
    for (const [name, value] of lines) {
      const before = sums.get(name)
      sums.set(name, typeof before === 'number' && typeof value === 'number' ? before + value : value)
    }
    lines = [...sums]
    rmSync(folder, { recursive: true, force: true })
    const width = Math.max(0, ...lines.map(([name]) => name.length))
    console.log(`\nFigures (seed ${process.env['FAULTS_SEED'] ?? 1})`)
    for (const [name, value] of lines) {
      console.log(`  ${name.padEnd(width)}  ${typeof value === 'number' ? value.toLocaleString('en') : value}`)
    }
  }
}
