import { SECRET_PATTERNS, type SecretPattern, type Span, spansOf } from './redact.ts'

type Severity = 'critical' | 'high' | 'medium'

/** A secret in a text. */
export interface SecretFinding {
  pattern: string
  category: SecretPattern['category']
  severity: SecretPattern['severity']
  preview: string
}

/** Finds secrets, pattern by pattern over the text as it came, and masks them one by one in a copy. */
export function scanSecrets(text: string): { findings: SecretFinding[]; redacted: string } {
  const findings: SecretFinding[] = []
  let redacted = text
  for (const entry of SECRET_PATTERNS) {
    const { name, category, severity } = entry
    for (const [start, end] of spansOf(text, entry)) {
      const found = text.slice(start, end)
      findings.push({ pattern: name, category, severity, preview: `${found.slice(0, 8)}***` })
      redacted = redacted.replace(found, () => `[REDACTED:${name}]`)
    }
  }
  return { findings, redacted }
}

/** Part of a text that looks like prompt injection. */
export interface InjectionFinding {
  pattern: string
  category: string
  severity: Severity
  matched: string
  position: number
}

/** What a scan for prompt injection says. */
export interface InjectionResult {
  risk_level: 'none' | Severity
  recommendation: 'allow' | 'warn' | 'block'
  findings: InjectionFinding[]
}

type Find = RegExp | ((text: string) => Span[])

/** Words are written with spaces here, which stand for any whitespace. */
const words = (source: string) => new RegExp(source.replaceAll(' ', '\\s+'), 'gi')

const DENY = "(?:do not|don'?t|never)"

type Patterns = readonly [category: string, severity: Severity, patterns: Record<string, Find>][]

const injectionPatterns = (): Patterns => [
  [
    'role_override',
    'critical',
    {
      ignore_instructions: words(
        'ignore (?:all )?(?:previous|prior|above|earlier|preceding) (?:instructions?|prompts?|rules?|guidelines?|directions?)',
      ),
      new_system_prompt: words('(?:new|updated?|revised?|replacement) system (?:prompt|message|instructions?)'),
      you_are_now: words('you are now (?:a|an|the|my) '),
      disregard_instructions: words(
        '(?:disregard|forget|override|bypass|skip|drop) (?:all )?(?:previous|prior|above|your|the|any) (?:instructions?|prompts?|rules?|guidelines?|constraints?|restrictions?)',
      ),
      from_now_on: words('from (?:now|this point) on[,\\s]+(?:you (?:will|must|should|are)|ignore|disregard)'),
    },
  ],
  [
    'delimiter_injection',
    'high',
    {
      triple_quotes: /"{3,}|'{3,}/g,
      system_tag: /<\|(?:system|im_start|im_end|endoftext)\|>/gi,
      inst_tag: /\[\/?(?:INST|SYS)\]/gi,
      xml_role_tag: /<\/?(?:system|user|assistant|human|ai|instruction|context)\s*>/gi,
      sys_header: /<<\s*\/?SYS\s*>>/gi,
    },
  ],
  [
    'instruction_smuggling',
    'high',
    {
      important_override: shoutedLines,
      hidden_instruction: words('(?:hidden|secret|internal) (?:instruction|directive|command|prompt)'),
      do_not_reveal: words(
        `${DENY} (?:reveal|disclose|mention|tell|share) (?:this|these|the) (?:instruction|prompt|rule|directive)`,
      ),
    },
  ],
  [
    'context_manipulation',
    'medium',
    {
      pretend_you_are: words("(?:pretend|imagine|suppose|assume) (?:you are|you're|that you)"),
      act_as: words('(?:act|behave|respond|function) as (?:if you (?:are|were)|a|an|the|my)'),
      roleplay: words('role[\\s-]?play as'),
      jailbreak: /\bjailbreak\b/gi,
      developer_mode: words('(?:developer|dev|debug|god|admin|sudo) mode'),
      dan_prompt: (text) => laterOnLine(text, /\bDAN\b/gi, [words('anything now'), words('do anything')]),
    },
  ],
  [
    'data_exfiltration',
    'high',
    {
      repeat_above: words(
        '(?:repeat|print|show|display|output|echo|reveal|tell me) (?:everything|all|the (?:text|content|instructions?|prompt)|your (?:system|initial) (?:prompt|instructions?|message)) (?:above|before|so far)',
      ),
      show_system_prompt: words(
        '(?:show|display|reveal|print|output|tell me|what (?:is|are)) (?:your|the) (?:system (?:prompt|message|instructions?)|(?:initial|hidden) (?:prompt|instructions?))',
      ),
      what_instructions: words(
        'what (?:are|were) (?:your|the) (?:original|initial|first|full|complete) (?:instructions?|prompt|directives?|rules?)',
      ),
    },
  ],
  [
    'output_manipulation',
    'medium',
    {
      do_not_mention: words(
        `${DENY} (?:mention|say|include|add|write|output) (?:that|this|the fact|any (?:warning|disclaimer))`,
      ),
      respond_only: words('(?:respond|reply|answer|output) (?:only|exclusively|solely) with'),
      hide_from_user: words(
        '(?:hide|conceal|suppress) (?:this|these|the (?:fact|information|output)) from (?:the )?user',
      ),
    },
  ],
  [
    'encoding_evasion',
    'high',
    {
      base64_payload: /(?:base64|b64)\s*[:=]\s*[a-z0-9+/=]{20,}/gi,
      base64_decode: words('(?:decode|eval|execute|run) (?:this )?(?:base64|b64)\\s*:'),
      rot13_marker: (text) => laterOnLine(text, /\bROT13\b/gi, [/[:=]/g]),
      hex_escape: /(?:\\x[0-9a-f]{2}){4,}/gi,
    },
  ],
]

let known: Patterns | undefined

/** Looks for the platform's 29 patterns of prompt injection. */
export function scanInjection(text: string): InjectionResult {
  const findings: InjectionFinding[] = []
  known ??= injectionPatterns()
  for (const [category, severity, patterns] of known) {
    for (const [pattern, find] of Object.entries(patterns)) {
      for (const [start, end] of typeof find === 'function' ? find(text) : matches(text, find)) {
        const matched = end - start > 20 ? `${text.slice(start, start + 20)}...` : text.slice(start, end)
        findings.push({ pattern, category, severity, matched, position: start })
      }
    }
  }
  const has = (severity: Severity) => findings.some((finding) => finding.severity === severity)
  const risk_level = has('critical') ? 'critical' : has('high') ? 'high' : findings.length ? 'medium' : 'none'
  return {
    risk_level,
    recommendation: risk_level === 'critical' ? 'block' : risk_level === 'none' ? 'allow' : 'warn',
    findings,
  }
}

function matches(text: string, pattern: RegExp): Span[] {
  return Array.from(text.matchAll(pattern), ({ 0: found, index }) => [index, index + found.length] as const)
}

/**
 * A capital word and a colon at the start of a line, with the whitespace before it. One pattern for all of it would take
 * quadratic time over empty lines, so the whitespace is read backwards.
 */
function shoutedLines(text: string): Span[] {
  const found: Span[] = []
  let last = 0
  for (const [start, end] of matches(text, /(?:IMPORTANT|CRITICAL|URGENT|NOTE|WARNING|OVERRIDE|ADMIN)\s*:/g)) {
    let blank = start
    while (blank > last && /\s/.test(text[blank - 1]!)) blank--
    const newline = text.slice(blank, start).indexOf('\n')
    if (blank > 0 && newline < 0) continue
    found.push([blank && blank + newline, end])
    last = end
  }
  return found
}

/** A head, and the last place of its line where one of the tails begins. Each line is looked at once. */
function laterOnLine(text: string, head: RegExp, tails: readonly RegExp[]): Span[] {
  const ends = tails.flatMap((tail) => matches(text, tail)).sort(([a], [b]) => a - b)
  const found: Span[] = []
  let last = 0
  let lineEnd = -1
  let next = 0
  for (const [start, end] of matches(text, head)) {
    if (start < last) continue
    if (end > lineEnd) {
      const line = /[\n\r\u2028\u2029]/g
      line.lastIndex = end
      lineEnd = line.exec(text)?.index ?? text.length
      while (next < ends.length && ends[next]![0] < lineEnd) next++
    }
    const tail = ends[next - 1]
    if (!tail || tail[0] < end) continue
    found.push([start, tail[1]])
    last = tail[1]
  }
  return found
}
