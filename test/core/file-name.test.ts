import { describe, expect, test } from 'vitest'
import { fileName } from '../../src/core/file-name.ts'

describe('the name in a header', () => {
  test.each([
    [null, ''],
    ['attachment', ''],
    ['attachment; filename="a.txt"', 'a.txt'],
    ['attachment; filename="../../etc/passwd"', 'passwd'],
    ['attachment; filename="C:\\temp\\a.txt"', 'a.txt'],
    ['attachment; filename=".."', ''],
    ['attachment; filename="a/."', ''],
    ['attachment; filename="\u00c3\u00a9.txt"', 'é.txt'],
    ['attachment; filename="\u00e9.txt"', 'é.txt'],
    ['attachment; filename="Ā.txt"', 'Ā.txt'],
  ])('%j is %j', (header, name) => {
    expect(fileName(header)).toBe(name)
  })
})
