// A case system on openid-client: finds the issuer's metadata, fetches a token, calls.
//
// Plan: {"visits": [{
//   "name": text,
//   "issuer": address,
//   "client": {"id": text, "key": private JWK with alg and kid},
//   "proofKey": "ES256" | "Ed25519" | "PS256",
//   "resource": audience, "scope": text,
//   "assertion": {"typ": text, "aud": value}          (optional: what the assertion says instead)
//   "calls": [{"name": text, "method": text, "address": address, "body": value (optional),
//              "proof": "own" | "of another key" | "none" (own when absent)}]
// }]}
//
// Answer: by visit, {"metadata": ..., "token": {...} or "refused": {...}, "calls": {name: {...}}}.

import * as oauth from 'openid-client'

import { answer, claimsOf, once, read, readPlan, signingKey, told } from './plan.mjs'

const proofKey = once((algorithm) => oauth.randomDPoPKeyPair(algorithm))
const strangersKey = once((algorithm) => oauth.randomDPoPKeyPair(algorithm))
const HEADERS = { 'Samrad-Handler': 'hl-node' }

async function discovered(visit) {
  const authentication = oauth.PrivateKeyJwt(await signingKey(visit.client.key), {
    [oauth.modifyAssertion]: (header, payload) => {
      if (visit.assertion?.typ) header.typ = visit.assertion.typ
      if (visit.assertion?.aud) payload.aud = visit.assertion.aud
    },
  })
  return oauth.discovery(new URL(visit.issuer), visit.client.id, undefined, authentication, {
    algorithm: 'oauth2',
    execute: [oauth.allowInsecureRequests], // loopback without TLS
  })
}

async function call(config, token, proofs, { method, address, body, proof = 'own' }) {
  const headers = new Headers(HEADERS)
  if (body !== undefined) headers.set('Content-Type', 'application/json')
  const content = body === undefined ? null : JSON.stringify(body)
  try {
    const response = await oauth.fetchProtectedResource(config, token, new URL(address), method, content, headers, {
      DPoP: proofs[proof],
    })
    return await read(response)
  } catch (error) {
    return { ...told(error), ...(error.response ? await read(error.response) : {}) }
  }
}

async function visited(visit) {
  const config = await discovered(visit)
  const metadata = config.serverMetadata()
  const own = oauth.getDPoPHandle(config, await proofKey(visit.proofKey))
  const another = oauth.getDPoPHandle(config, await strangersKey(visit.proofKey))
  const proofs = { own, 'of another key': another, none: undefined }
  const wanted = { resource: visit.resource, scope: visit.scope }
  let token
  try {
    token = await oauth.clientCredentialsGrant(config, wanted, { DPoP: own })
  } catch (error) {
    return { metadata, refused: told(error) }
  }
  const calls = {}
  for (const each of visit.calls) calls[each.name] = await call(config, token.access_token, proofs, each)
  const claims = claimsOf(token.access_token)
  return {
    metadata,
    token: {
      type: token.token_type,
      seconds: token.expires_in,
      claims,
      boundToOwnKey: claims.cnf?.jkt === (await own.calculateThumbprint()),
    },
    calls,
  }
}

const { visits } = await readPlan()
const outcome = {}
for (const visit of visits) outcome[visit.name] = await visited(visit)
answer(outcome)
