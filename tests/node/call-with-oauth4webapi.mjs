// A case system on oauth4webapi; and oauth4webapi as the resource that judges tokens and proofs.
//
// Plan: {
//   "issuer": address, "resource": audience, "scope": text, "address": address to GET,
//   "clients": {algorithm: {"id": text, "key": private JWK with alg and kid}},
//   "proofKeys": [algorithm],
//   "requests": {name: {"method": text, "address": address, "headers": {...}}}
// }
//
// Answer: {
//   "calls": {"<client key> <proof key>": {"type": text, "status": number, "judged": verdict}},
//   "requests": {name: verdict}
// }
// A verdict is {"accepted": claims} or {"refused": {...}}, by `validateJwtAccessToken` with a proof required.

import * as oauth from 'oauth4webapi'

import { answer, once, readPlan, signingKey, told } from './plan.mjs'

const plan = await readPlan()
const INSECURE = { [oauth.allowInsecureRequests]: true } // loopback without TLS
const proofKey = once((algorithm) => oauth.generateKeyPair(algorithm))

const issuer = new URL(plan.issuer)
const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...INSECURE })
const server = await oauth.processDiscoveryResponse(issuer, found)

async function judged(request) {
  try {
    // One list for token and proof: what our metadata says of proofs, which ES256 of our tokens is among.
    const signingAlgorithms = server.dpop_signing_alg_values_supported
    const options = { requireDPoP: true, signingAlgorithms, ...INSECURE }
    return { accepted: await oauth.validateJwtAccessToken(server, request, plan.resource, options) }
  } catch (error) {
    return { refused: told(error) }
  }
}

async function called(member, proofAlgorithm) {
  const client = { client_id: member.id }
  const authentication = oauth.PrivateKeyJwt(await signingKey(member.key))
  const DPoP = oauth.DPoP(client, await proofKey(proofAlgorithm))
  const wanted = { resource: plan.resource, scope: plan.scope }
  const asked = await oauth.clientCredentialsGrantRequest(server, client, authentication, wanted, { DPoP, ...INSECURE })
  const token = await oauth.processClientCredentialsResponse(server, client, asked)
  // The very request that goes out is kept: it is what the service behind the gateway sees.
  let sent
  const response = await oauth.protectedResourceRequest(
    token.access_token,
    'GET',
    new URL(plan.address),
    new Headers({ 'Samrad-Handler': 'hl-node' }),
    null,
    {
      DPoP,
      ...INSECURE,
      [oauth.customFetch]: (address, options) => {
        sent = new Request(address, options)
        return fetch(address, options)
      },
    },
  )
  await response.arrayBuffer()
  return { type: token.token_type, status: response.status, judged: await judged(sent) }
}

const calls = {}
for (const [algorithm, member] of Object.entries(plan.clients)) {
  for (const proofAlgorithm of plan.proofKeys) {
    const name = `${algorithm} ${proofAlgorithm}`
    calls[name] = await called(member, proofAlgorithm).catch((error) => ({ failed: told(error) }))
  }
}

const requests = {}
for (const [name, { method, address, headers }] of Object.entries(plan.requests)) {
  requests[name] = await judged(new Request(address, { method, headers }))
}
answer({ calls, requests })
