import { abortReason, onAbort } from './abort.ts'
import type { CancelSignal } from './types.ts'

/** A bound of requests under way: the others wait their turn, first come, first served. */
export class Slots {
  readonly #most: number
  #taken = 0
  #waiting: (() => void)[] = []

  constructor(most: number) {
    this.#most = most
  }

  /** Takes a slot; a promise only where there is none. Rejects with the signal's reason when it is aborted first. */
  take(signal: CancelSignal | undefined): Promise<void> | undefined {
    if (this.#taken < this.#most) {
      this.#taken++
      return undefined
    }
    return new Promise((resolve, reject) => {
      const turn = () => {
        release?.()
        resolve()
      }
      const release =
        signal &&
        onAbort(signal, () => {
          this.#waiting = this.#waiting.filter((one) => one !== turn)
          release!()
          reject(abortReason(signal))
        })
      this.#waiting.push(turn)
    })
  }

  /** Gives a slot to who waits, or back. */
  free(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#taken--
  }
}
