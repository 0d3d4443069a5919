// Checks and signs tokens with jose, as tests/differential/foreign.rs asks: a line of JSON for each.
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose'

const [first, ...lines] = readFileSync(0, 'utf8').split('\n')
const { now, issuer, audience, leeway, keys } = JSON.parse(first)
const rules = {
  issuer, audience, typ: 'at+jwt', clockTolerance: leeway, currentDate: new Date(now * 1000),
  requiredClaims: ['sub', 'exp', 'iat', 'jti', 'client_id'],
}
const each = make => Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, make(key)]))
const secret = key => key.secret && Buffer.from(key.secret, 'hex')
const checks = each(key => secret(key) ?? createLocalJWKSet({ keys: [key.jwk] }))
const signs = each(key => secret(key) ?? createPrivateKey({ key: readFileSync(key.der), format: 'der', type: key.form }))

async function verify({ alg, token }) {
  const { payload } = await jwtVerify(token, checks[alg], { ...rules, algorithms: [alg] })
  return { read: JSON.stringify(payload) }
}

async function sign({ alg, header, claims }) {
  const unsigned = new SignJWT(JSON.parse(claims)).setProtectedHeader(JSON.parse(header))
  return { token: await unsigned.sign(signs[alg]) }
}

for (const line of lines.filter(Boolean)) {
  const job = JSON.parse(line)
  const answer = 'claims' in job ? sign(job) : verify(job)
  console.log(JSON.stringify(await answer.catch(error => ({ error: `${error.code}: ${error.message.toWellFormed()}` }))))
}
