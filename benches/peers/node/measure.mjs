// Measures one library of Node on the token that everyone has: `node measure.mjs fast-jwt`. How it
// talks with the runner: ../src/turns.rs. What it needs to know comes in HALLPASS_PEERS_TOKENS.
import { createPrivateKey, createPublicKey, createSecretKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const { issuer, audience, subject, client, scope, lifetime, secret, keys, algorithms } =
  JSON.parse(process.env.HALLPASS_PEERS_TOKENS);
const turn = process.env.HALLPASS_PEERS_QUICK === undefined ? 8e6 : 1e6;
const version = (name) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;

const file = (name) => readFileSync(`${keys}/${name}`, 'utf8');
const PEM = {
  RS256: ['rsa2048.pkcs8.pem', 'rsa2048.spki.pem'],
  ES256: ['p256.pkcs8.pem', 'p256.spki.pem'],
  EdDSA: ['ed25519.pkcs8.pem', 'ed25519.spki.pem'],
};
/** The private and the public key, as text or as Node's own key objects. */
const pair = (algorithm, asText) => {
  if (algorithm === 'HS256') {
    const bytes = Buffer.from(secret);
    return asText ? [bytes, bytes] : [createSecretKey(bytes), createSecretKey(bytes)];
  }
  const [own, open] = PEM[algorithm].map(file);
  return asText ? [own, open] : [createPrivateKey(own), createPublicKey(open)];
};

const claims = () => {
  const iat = Math.floor(Date.now() / 1000);
  const jti = randomBytes(18).toString('base64url');
  return { iss: issuer, sub: subject, aud: audience, exp: iat + lifetime, iat, jti, client_id: client, scope };
};

// Each gives `verify`, which throws or says whose token it is, and `issue`.
const libraries = {
  'fast-jwt': async () => fastJwt(false),
  'fast-jwt-cache': async () => fastJwt(true),
  async jose() {
    const { jwtVerify, SignJWT } = await import('jose');
    return {
      title: `jose ${version('jose')}, Node`,
      make(algorithm, { kid }) {
        const [own, open] = pair(algorithm, false);
        const rules = { issuer, audience, typ: 'at+jwt', algorithms: [algorithm] };
        const header = { alg: algorithm, typ: 'at+jwt', kid };
        return {
          verify: async (token) => (await jwtVerify(token, open, rules)).payload.sub,
          issue: () => new SignJWT(claims()).setProtectedHeader(header).sign(own),
        };
      },
    };
  },
  async jsonwebtoken() {
    const { default: jwt } = await import('jsonwebtoken');
    return {
      title: `jsonwebtoken ${version('jsonwebtoken')}, Node`,
      make(algorithm, { kid }) {
        if (algorithm === 'EdDSA') return undefined; // It has none.
        const [own, open] = pair(algorithm, false);
        const rules = { issuer, audience, algorithms: [algorithm] };
        const header = { alg: algorithm, typ: 'at+jwt', kid };
        return {
          verify: (token) => jwt.verify(token, open, rules).sub,
          issue: () => jwt.sign(claims(), own, { algorithm, header }),
        };
      },
    };
  },
};

async function fastJwt(cache) {
  const { createSigner, createVerifier } = await import('fast-jwt');
  return {
    title: `fast-jwt ${version('fast-jwt')}, Node${cache ? ', a token seen before' : ''}`,
    make(algorithm, { kid }) {
      const [own, open] = pair(algorithm, true);
      const rules = { allowedIss: issuer, allowedAud: audience, algorithms: [algorithm], cache };
      const verify = createVerifier({ key: open, ...rules });
      const sign = createSigner({ key: own, algorithm, kid, header: { typ: 'at+jwt' } });
      return { verify: (token) => verify(token).sub, issue: cache ? undefined : () => sign(claims()) };
    },
  };
}

const accepts = async (verify, token) => {
  try {
    return (await verify(token)) === subject;
  } catch {
    return false;
  }
};

const name = process.argv[2];
const { title, make } = await libraries[name]();
const asynchronous = name === 'jose';
const cases = [];
for (const [algorithm, { kid, token, refused }] of Object.entries(algorithms)) {
  const library = make(algorithm, { kid });
  if (library === undefined) continue;
  const { verify, issue } = library;
  if (!(await accepts(verify, token))) throw new Error(`${algorithm}: the good token is refused`);
  for (const [why, bad] of refused) {
    if (await accepts(verify, bad)) throw new Error(`${algorithm}: accepted, though ${why}`);
  }
  cases.push([`verify ${algorithm}`, () => verify(token)]);
  if (issue === undefined) continue;
  if (!(await accepts(verify, await issue()))) throw new Error(`${algorithm}: it refuses its own token`);
  cases.push([`issue ${algorithm}`, issue]);
}

/** Nanoseconds a run. */
async function measure(run, count) {
  const start = process.hrtime.bigint();
  if (asynchronous) for (let i = 0; i < count; i++) await run();
  else for (let i = 0; i < count; i++) run();
  return Number(process.hrtime.bigint() - start) / count;
}

// What is compiled while it runs is warm before it is measured.
for (const one of cases) {
  await measure(one[1], 300);
  one.push(Math.max(1, Math.ceil(turn / (await measure(one[1], 100)))));
}
console.log(`ready\t${title}`);
for await (const _line of createInterface({ input: process.stdin })) {
  for (const [job, run, count] of cases) console.log(`${job}\tpeer\t${(await measure(run, count)).toFixed(1)}`);
  console.log('end');
}
