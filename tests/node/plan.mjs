// How a test talks to a script: one plan of JSON on standard input, one answer of JSON on standard output.

import { importJWK } from 'jose'

/** The plan, read to its end. */
export async function readPlan() {
  const chunks = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

/** The one answer. Everything else that a script says goes to standard error. */
export function answer(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/** A client's private key as both libraries want it. `member` is a private JWK with `alg` and `kid`. */
export async function signingKey(member) {
  return { key: await importJWK(member, member.alg), kid: member.kid }
}

/** What `make` answers for a name, made once: RSA keys are slow to make. */
export function once(make) {
  const made = new Map()
  return (name) => {
    if (!made.has(name)) made.set(name, make(name))
    return made.get(name)
  }
}

/** The claims of a token, unverified: for telling what is in it. */
export function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString('utf8'))
}

/** An error of either library, in a few plain words. */
export function told(error) {
  return {
    name: error.name,
    message: error.message,
    code: error.code,
    error: error.error,
    status: error.status ?? error.response?.status,
    challenges: Array.isArray(error.cause) ? error.cause : undefined,
  }
}

/** Status and body of an answer; the body is null when there is none. */
export async function read(response) {
  const text = await response.text()
  return { status: response.status, body: text ? JSON.parse(text) : null }
}
