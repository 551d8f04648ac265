// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A relying party on the npm package openid-client. It goes through everything
// a service does with Clau, and tells the test about each step on a line of
// JSON; where a browser is needed it says where to, and reads a line with the
// address that the browser was sent back to.

import { webcrypto } from 'node:crypto'
import { createInterface } from 'node:readline'

globalThis.crypto ??= webcrypto // Node 18
const client = await import('openid-client')

const { ISSUER, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, LEFT_URI, ID_TOKEN_ALG } = process.env
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

const tell = (step, what) => console.log(JSON.stringify({ step, ...what }))
const go = async () => (await answers.next()).value
const browserComesBack = async () => new URL(await go())

const config = await client.discovery(new URL(ISSUER), CLIENT_ID, { id_token_signed_response_alg: ID_TOKEN_ALG },
  client.ClientSecretBasic(CLIENT_SECRET), { execute: [client.allowInsecureRequests] })
client.enableNonRepudiationChecks(config) // checks the id_token's signature too
tell('discovered', { issuer: config.serverMetadata().issuer, pkce: config.serverMetadata().supportsPKCE() })

const verifier = client.randomPKCECodeVerifier()
const state = client.randomState()
const nonce = client.randomNonce()
tell('authorize', {
  to: client.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope: 'openid profile email groups offline_access',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  }).href,
})

const tokens = await client.authorizationCodeGrant(config, await browserComesBack(), {
  pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true,
})
const claims = tokens.claims()
tell('redeemed', { claims, expiresIn: tokens.expiresIn(), refresh: Boolean(tokens.refresh_token) })
tell('userinfo', { claims: await client.fetchUserInfo(config, tokens.access_token, claims.sub) })
tell('introspected', { answer: await client.tokenIntrospection(config, tokens.access_token) })

await go() // time passes
const fresh = await client.refreshTokenGrant(config, tokens.refresh_token)
tell('refreshed', {
  claims: fresh.claims(),
  rotated: fresh.refresh_token !== tokens.refresh_token,
  another: fresh.access_token !== tokens.access_token,
})

const machine = await client.clientCredentialsGrant(config)
tell('machine', { type: machine.token_type, refresh: Boolean(machine.refresh_token) })

await client.tokenRevocation(config, fresh.refresh_token)
tell('revoked', {
  refresh: (await client.tokenIntrospection(config, fresh.refresh_token)).active,
  access: (await client.tokenIntrospection(config, fresh.access_token)).active,
})

tell('leave', {
  to: client.buildEndSessionUrl(config, {
    id_token_hint: fresh.id_token, post_logout_redirect_uri: LEFT_URI, state: 'adeu',
  }).href,
})
const left = await browserComesBack()
tell('left', { state: left.searchParams.get('state') })
process.exit(0)
