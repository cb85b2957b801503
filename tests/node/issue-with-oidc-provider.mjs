// Issuers that are not ours: oidc-provider in FAPI 2.0 mode, for machine clients with private_key_jwt and DPoP.
//
// Plan: {"issuers": {name: {
//   "keyId": text (the kid of its signing key),
//   "organisationClaim": text,
//   "clients": [{"id": text, "key": public JWK with kid, "algorithm": text, "organisation": text, "scopes": [text]}],
//   "resources": {audience: [scope]}
// }}}
//
// Answer, when all of them listen: {name: {"issuer": address, "jwksUrl": address}}. Serves until it is ended.

import { createServer } from 'node:http'

import { exportJWK, generateKeyPair } from 'jose'
import Provider, { errors } from 'oidc-provider'

import { answer, readPlan } from './plan.mjs'

console.info = console.error // standard output is for the answer

const ALGORITHMS = ['ES256', 'Ed25519', 'PS256']
const LIFE_SECONDS = 300

async function configuration(plan) {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const signing = { ...(await exportJWK(privateKey)), kid: plan.keyId, alg: 'ES256', use: 'sig' }
  const organisations = new Map(plan.clients.map((client) => [client.id, client.organisation]))
  return {
    jwks: { keys: [signing] },
    clients: plan.clients.map(client),
    scopes: [...new Set(Object.values(plan.resources).flat())],
    extraTokenClaims: (ctx, token) => ({ [plan.organisationClaim]: organisations.get(token.clientId) }),
    // RSA proofs and assertions are PSS in FAPI 2.0.
    enabledJWA: {
      clientAuthSigningAlgValues: ALGORITHMS,
      dPoPSigningAlgValues: ALGORITHMS,
      idTokenSigningAlgValues: ['ES256'],
    },
    clientAuthMethods: ['private_key_jwt'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      fapi: { enabled: true, profile: '2.0' },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (ctx, audience) => {
          if (!(audience in plan.resources)) throw new errors.InvalidTarget()
          return {
            audience,
            scope: plan.resources[audience].join(' '),
            accessTokenFormat: 'jwt',
            accessTokenTTL: LIFE_SECONDS,
            jwt: { sign: { alg: 'ES256' } },
          }
        },
      },
    },
  }
}

function client({ id, key, algorithm, scopes }) {
  return {
    client_id: id,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: algorithm,
    id_token_signed_response_alg: 'ES256', // its default, RS256, is not for FAPI 2.0
    dpop_bound_access_tokens: true,
    jwks: { keys: [key] },
    scope: scopes.join(' '),
  }
}

async function listening(plan) {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  // The address is part of the issuer's name, so it must be known first.
  const issuer = `http://127.0.0.1:${server.address().port}`
  server.on('request', new Provider(issuer, await configuration(plan)).callback())
  return { issuer, jwksUrl: `${issuer}/jwks` }
}

const { issuers } = await readPlan()
const addresses = {}
for (const [name, plan] of Object.entries(issuers)) addresses[name] = await listening(plan)
answer(addresses)
