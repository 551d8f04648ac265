// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Reads a receipt as anybody can who has never heard of Clau: with the npm
// package jose, from two files, without a network. It tells the test what it
// found on a line of JSON; a receipt that is not good ends it with an error.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

globalThis.crypto ??= (await import('node:crypto')).webcrypto // Node 18
const { compactVerify, createLocalJWKSet } = await import('jose')

const { RECEIPT, JWKS, ATTRIBUTE, VALUE } = process.env
const tell = (step, what) => console.log(JSON.stringify({ step, ...what }))

const keys = createLocalJWKSet(JSON.parse(readFileSync(JWKS, 'utf8')))
try {
  const { payload, protectedHeader } = await compactVerify(readFileSync(RECEIPT, 'utf8').trim(), keys)
  const receipt = JSON.parse(new TextDecoder().decode(payload))
  const item = receipt.clau.items.find((one) => one.attribute === ATTRIBUTE)
  const digest = createHash('sha256').update(Buffer.from(item.salt, 'base64url')).update(`${ATTRIBUTE}\0${VALUE}`).digest('base64url')
  tell('verified', { type: protectedHeader.typ, alg: protectedHeader.alg, receipt, proven: digest === item.sha256 })
} catch (fault) {
  tell('refused', { code: fault.code })
}
