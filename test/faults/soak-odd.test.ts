import { test } from 'vitest'
import { soakRounds } from './support/rounds.ts'

test('nor does it in the other half of the rounds', () => soakRounds(1), 600_000)
