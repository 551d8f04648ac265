// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A service provider on the npm package node-saml, as it comes: it wants both
// signatures, and exactly PasswordProtectedTransport. People enter at /, read
// what it was told at /in, and leave by /leave.

import { createServer } from 'node:http'
import { SAML, ValidateInResponseTo, generateServiceProviderMetadata } from '@node-saml/node-saml'

const { PORT, URL: home, IDP_SSO, IDP_SLO, IDP_ENTITY, IDP_CERT, KEY, CERT } = process.env
const saml = new SAML({
  callbackUrl: `${home}/acs`, logoutCallbackUrl: `${home}/slo`, issuer: `${home}/metadata`, audience: `${home}/metadata`,
  entryPoint: IDP_SSO, logoutUrl: IDP_SLO, idpIssuer: IDP_ENTITY, idpCert: IDP_CERT,
  privateKey: KEY, publicCert: CERT, signatureAlgorithm: 'sha256', digestAlgorithm: 'sha256',
  identifierFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  validateInResponseTo: ValidateInResponseTo.ifPresent, acceptedClockSkewMs: 5000,
})

const metadata = generateServiceProviderMetadata({
  issuer: `${home}/metadata`, callbackUrl: `${home}/acs`, logoutCallbackUrl: `${home}/slo`,
  identifierFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  publicCerts: CERT, privateKey: KEY, wantAssertionsSigned: true,
})

let visitors = new Map() // by cookie

const page = (res, html, status = 200) => {
  res.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8' })
  res.end(html)
}
const escape = s => String(s).replace(/[&<>"]/g, c => `&#${c.charCodeAt(0)};`)
const to = (res, address) => { res.writeHead(303, { Location: address }); res.end() }
const cookie = req => /who=([a-z0-9]+)/.exec(req.headers.cookie ?? '')?.[1]

async function body (req) {
  let text = ''
  for await (const part of req) text += part
  return Object.fromEntries(new URLSearchParams(text))
}

function visitor (req, res) {
  const who = visitors.get(cookie(req))
  if (!who) return page(res, '<p>Nobody is in.</p><a id="enter" href="/enter">enter</a>')
  const told = Object.entries(who.attributes ?? {}).map(([name, value]) => `<p id="${name}">${escape([value].flat().join(','))}</p>`)
  page(res, `<p>You are in.</p><p id="name-id">${escape(who.nameID)}</p>${told.join('')}<a id="leave" href="/leave">leave</a>`)
}

async function acs (req, res) {
  const { profile } = await saml.validatePostResponseAsync(await body(req))
  const name = Math.random().toString(36).slice(2)
  visitors.set(name, profile)
  res.setHeader('Set-Cookie', `who=${name}; Path=/; HttpOnly`)
  to(res, '/')
}

// The metadata that the package writes wants log-outs posted.
async function slo (req, res) {
  const said = await body(req)
  if (said.SAMLRequest) { // asked to log out
    const { profile } = await saml.validatePostRequestAsync(said)
    visitors = new Map([...visitors].filter(([, v]) => v.nameID !== profile.nameID))
    return to(res, await saml.getLogoutResponseUrlAsync(profile, said.RelayState ?? '', {}, true))
  }
  const { loggedOut } = await saml.validatePostResponseAsync(said)
  page(res, loggedOut ? '<p>You have left.</p>' : '<p>You have not left.</p>')
}

async function answer (req, res) {
  const url = new URL(req.url, home)
  switch (url.pathname) {
    case '/': return visitor(req, res)
    case '/metadata': res.writeHead(200, { 'Content-Type': 'application/samlmetadata+xml' }); return res.end(metadata)
    case '/enter': return to(res, await saml.getAuthorizeUrlAsync('from-here', undefined, {}))
    case '/acs': return acs(req, res)
    case '/slo': return slo(req, res)
    case '/leave': {
      const who = visitors.get(cookie(req))
      visitors.delete(cookie(req))
      return to(res, await saml.getLogoutUrlAsync(who, 'leaving', {}))
    }
  }
  page(res, 'not here', 404)
}

createServer((req, res) => answer(req, res).catch(err => {
  console.error(err)
  page(res, `<p id="fault">${escape(err.message)}</p>`, 500)
})).listen(Number(PORT), '127.0.0.1', () => console.log(JSON.stringify({ step: 'listening' })))
