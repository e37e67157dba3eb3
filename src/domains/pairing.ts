import { abortReason, checkSignal, onAbort } from '../core/abort.ts'
import { checkOptions } from '../core/checks.ts'
import { type Closer, Core, checkedInput, isClosed, sharedOf } from '../core/core.ts'
import { DashClawError, InputError, isDashClawError, PairingError } from '../core/errors.ts'
import { type JwkLike, publicKeyPemFromPrivateJwk } from '../core/keys.ts'
import { sleep } from '../core/retry.ts'
import { ticks } from '../core/timers.ts'
import type { RequestOptions } from '../core/types.ts'
import type {
  CreatePairingFromJwkInput,
  CreatePairingInput,
  CreatePairingResult,
  PairedIdentity,
  PairingFilters,
  PairingRecord,
  WaitForPairingOptions,
} from './pairing-types.ts'

export type * from './pairing-types.ts'

const WAIT_OPTIONS = ['timeout', 'interval', 'signal', 'headers']
const MAX_INTERVAL = 30_000
const LOOK = 30_000
/** How long the look at the end of the time may take. */
const LAST_LOOK = 3000
const MAX_TIMER = 2_147_483_647
const REFUSED = /^(expired|denied|rejected|cancelled)$/

/** Pairing: an agent offers its public key, and an admin accepts it within 15 minutes, which registers the agent's identity. */
export abstract class Pairing extends Core {
  /**
   * Offers the agent's public key. Several pending pairings of one agent are fine. Any role but readonly.
   *
   * @returns `pairing.id` for {@link waitForPairing}, and the page for the admin.
   * @throws {ValidationError} When the key is not SubjectPublicKeyInfo PEM.
   * Route: `POST /api/pairings`. Not repeated after an unclear failure.
   */
  createPairing(input: CreatePairingInput, options?: RequestOptions): Promise<CreatePairingResult> {
    return this.call(
      'createPairing POST /api/pairings public_key_pem!>public_key agent_id!@agentId agent_name@agentName algorithm',
      input,
      options,
    )
  }

  /**
   * Offers the public half of a private RSA key. Only the modulus and exponent leave this machine.
   *
   * @param privateJwk - An RSA key in JWK form, such as `privateJwk` of `generateKeyPair()`.
   * @throws {SigningError} When it is not an RSA key; nothing was sent.
   * Route: `POST /api/pairings`. Not repeated after an unclear failure.
   */
  async createPairingFromPrivateJwk(
    privateJwk: JwkLike,
    input?: CreatePairingFromJwkInput,
    options?: RequestOptions,
  ): Promise<CreatePairingResult> {
    const fields = checkedInput(this, 'createPairingFromPrivateJwk POST /api/pairings agent_id agent_name', input ?? {})
    const public_key_pem = await publicKeyPemFromPrivateJwk(privateJwk)
    return this.createPairing({ ...fields, public_key_pem, algorithm: 'RSASSA-PKCS1-v1_5' }, options)
  }

  /**
   * Waits until an admin approved a pairing. A look that fails on the way (no connection, rate limit, server fault) does not end it. The
   * last look is at the end of the time, for 3 s at most.
   *
   * @param pairingId - `pair_…`.
   * @param options - `timeout` and `interval` in **milliseconds** (300,000 and 2,000; other SDKs of the platform take seconds), `signal`.
   * @returns The pairing itself, approved.
   * @throws {PairingError} When it has expired or was refused, and when nobody approved it in time (`status` is `pending` then).
   * {@link NotFoundError} when it is unknown. The signal's reason when it is aborted. Route: `GET /api/pairings/:pairing_id`.
   */
  async waitForPairing(pairingId: string, options: WaitForPairingOptions = {}): Promise<PairingRecord> {
    checkOptions('waitForPairing', options, WAIT_OPTIONS, 'waitForPairing(id, { timeout: 300_000 })')
    const { timeout = 300_000, interval = 2_000, signal, headers } = options
    for (const [name, value] of Object.entries({ timeout, interval })) {
      if (!(typeof value === 'number' && value >= 0)) {
        throw new InputError(`${name} must be a number of milliseconds, 0 or more.`, name)
      }
    }
    checkSignal(signal)
    const { closers } = sharedOf(this)
    // One signal for what ends a wait early: the caller, the client's close.
    const end = new AbortController()
    let status = 'pending'
    let why: { error: unknown } | undefined
    const over = (error: unknown) => {
      why ??= { error }
      end.abort(error)
    }
    const stop = () => over(abortReason(signal!))
    const close: Closer = (ends) => {
      if (ends(this)) over(new DashClawError(`The client was closed while pairing ${pairingId} was awaited.`))
    }
    if (signal?.aborted) stop()
    else if (isClosed(this)) close(() => true)
    const release = signal && onAbort(signal, stop)
    closers.add(close)
    const until = ticks() + timeout
    let failure: unknown
    const late = () => {
      const after = `Pairing ${pairingId} was not approved within ${timeout} ms`
      return failure
        ? new PairingError(
            `${after}, and it could not be read at the end. Check that the server answers, then wait again.`,
            status,
            { cause: failure },
          )
        : new PairingError(`${after}: an admin must approve it. Wait again, or raise timeout.`, status)
    }
    try {
      if (why) throw why.error
      if (!timeout) throw late()
      for (let pause = interval, last = false; ; ) {
        try {
          // The look at the end of the time has a limit of its own; one that is under way then is the last.
          const limit = Math.min(LOOK, Math.max(0, until - ticks()) + LAST_LOOK)
          const request = { signal: end.signal, maxRetries: 0, headers, timeout: limit }
          const { pairing } = await this.getPairing(pairingId, request)
          failure = undefined
          status = pairing.status
          if (status === 'approved') return pairing
          if (REFUSED.test(status)) {
            throw new PairingError(
              `Pairing ${pairingId} is ${status}: nobody approved it. Create a new one with createPairing.`,
              status,
            )
          }
          pause = interval
        } catch (error) {
          if (end.signal.aborted || !passes(error)) throw error
          failure = error
          const asked = (error as { retryAfter?: number }).retryAfter ?? 0
          pause = Math.max(interval, asked, Math.min(MAX_INTERVAL, pause * 2 || 1_000))
        }
        const left = until - ticks()
        if (last || left <= 0) throw late()
        last = left <= pause
        await sleep(Math.min(pause, left, MAX_TIMER), end.signal)
      }
    } catch (error) {
      throw why ? why.error : error
    } finally {
      release?.()
      closers.delete(close)
    }
  }

  /**
   * Reads a pairing. Reading a pending one after its time makes it `expired`. Any role may do it.
   *
   * @param pairingId - `pair_…`.
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/pairings/:pairing_id`.
   */
  getPairing(pairingId: string, options?: RequestOptions): Promise<{ pairing: PairingRecord }> {
    return this.call('getPairing GET /api/pairings/:pairing_id -> ', undefined, options, pairingId)
  }

  /**
   * Lists pairings of one status, newest first; needs an admin key. One past its time counts as `pending` until it is read or approved.
   *
   * @throws {PermissionDeniedError} For another role. Route: `GET /api/pairings`.
   */
  listPairings(filters: PairingFilters = {}, options?: RequestOptions): Promise<{ pairings: PairingRecord[] }> {
    return this.call('listPairings GET /api/pairings status limit:num', filters, options)
  }

  /**
   * Approves a pairing, which registers the agent's identity or replaces its key; needs an admin key. There is no way to refuse one:
   * let it expire.
   *
   * @param pairingId - `pair_…`.
   * @throws {ConflictError} When it is not pending. {@link APIError} with status 410 when its time is over. {@link NotFoundError} when it is
   * unknown. {@link PermissionDeniedError} for another role. Route: `POST /api/pairings/:pairing_id/approve`. Not repeated after an unclear failure.
   */
  approvePairing(pairingId: string, options?: RequestOptions): Promise<{ identity: PairedIdentity }> {
    return this.call('approvePairing POST /api/pairings/:pairing_id/approve', undefined, options, pairingId)
  }
}

/** Whether a failed look (a cut answer too) says nothing about the pairing, so that the next one may succeed. */
function passes(error: unknown): boolean {
  const { status = 500 } = error as { status?: number }
  return (
    isDashClawError(error, 'ConnectionError') ||
    (isDashClawError(error, 'APIError') && (status < 300 || status >= 500 || status === 408 || status === 429))
  )
}
