// Makes jose.json, and partner.jwks.json with the public keys of all three libraries' tokens. See README.md for the versions and the commands.
import { readFileSync, writeFileSync } from 'node:fs'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { SignJWT, exportJWK } from 'jose'

const here = new URL('.', import.meta.url)
const key = (name) => createPrivateKey(readFileSync(new URL(`../keys/${name}`, here)))
const [P256, P384, ED25519] = ['p256', 'p384', 'ed25519'].map((name) => key(`${name}.pkcs8.pem`))
const NOON = 1767268800 // 2026-01-01T12:00:00Z

const claims = {
  iss: 'https://partner.example',
  sub: 'ada',
  aud: 'https://api.example.com',
  iat: NOON - 60,
  exp: NOON + 600,
  jti: 'b7f1',
  client_id: 'partner-web',
  scope: 'invoice:*:read invoice:7:write',
}
const old = { iss: 'old-service', sub: 'ada', aud: 'https://api.example.com', exp: NOON + 600 }
const { d, ...jwk } = await exportJWK(P256)
const sign = (header, claims, key, options) =>
  new SignJWT(claims).setProtectedHeader(header).sign(key, options)

const tokens = {
  es256: await sign({ alg: 'ES256', typ: 'at+jwt', kid: 'partner-p256' }, claims, P256),
  long_type: await sign({ typ: 'application/at+jwt', kid: 'partner-p256', alg: 'ES256' }, claims, P256),
  eddsa: await sign({ alg: 'EdDSA', typ: 'at+jwt', kid: 'partner-ed' }, claims, ED25519),
  own_key: await sign({ alg: 'ES256', typ: 'at+jwt', kid: 'partner-p256', jwk }, claims, P256),
  extension: await sign(
    { alg: 'ES256', typ: 'at+jwt', kid: 'partner-p256', crit: ['exp'], exp: NOON }, claims, P256,
    { crit: { exp: true } },
  ),
  unknown_key: await sign({ alg: 'ES256', typ: 'at+jwt', kid: 'partner-2025' }, claims, P256),
  other_audience: await sign(
    { alg: 'ES256', typ: 'at+jwt', kid: 'partner-p256' },
    { ...claims, aud: 'https://other.example.com' }, P256,
  ),
  old_es384: await sign({ alg: 'ES384' }, { ...old, scope: 'invoice:*:read' }, P384),
}
writeFileSync(new URL('jose.json', here), JSON.stringify(tokens, null, 2) + '\n')

const [rsa, p256, ed25519] = await Promise.all(
  ['rsa2048', 'p256', 'ed25519'].map((name) => exportJWK(createPublicKey(key(`${name}.pkcs8.pem`)))),
)
const keys = [
  { ...rsa, kid: 'partner-rsa', alg: 'RS256', use: 'sig' },
  { ...rsa, kid: 'partner-rsa-pss', alg: 'PS256', use: 'sig' },
  { ...p256, kid: 'partner-p256', alg: 'ES256', use: 'sig' },
  { ...ed25519, kid: 'partner-ed', alg: 'EdDSA', use: 'sig' },
]
writeFileSync(new URL('partner.jwks.json', here), JSON.stringify({ keys }, null, 2) + '\n')
