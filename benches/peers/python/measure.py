"""Measures PyJWT on the token that everyone has. How it talks with the runner: ../src/turns.rs.
What it needs to know comes in HALLPASS_PEERS_TOKENS."""

import base64
import json
import os
import pathlib
import sys
import time

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

known = json.loads(os.environ["HALLPASS_PEERS_TOKENS"])
turn = 1e6 if "HALLPASS_PEERS_QUICK" in os.environ else 8e6
keys = pathlib.Path(known["keys"])
PEM = {
    "RS256": ("rsa2048.pkcs8.pem", "rsa2048.spki.pem"),
    "ES256": ("p256.pkcs8.pem", "p256.spki.pem"),
    "EdDSA": ("ed25519.pkcs8.pem", "ed25519.spki.pem"),
}


def pair(algorithm):
    """The private and the public key, read once."""
    if algorithm == "HS256":
        secret = bytes(known["secret"])
        return secret, secret
    own, open_ = (keys.joinpath(name).read_bytes() for name in PEM[algorithm])
    return load_pem_private_key(own, None), load_pem_public_key(open_)


def claims():
    iat = int(time.time())
    return {
        "iss": known["issuer"],
        "sub": known["subject"],
        "aud": known["audience"],
        "exp": iat + known["lifetime"],
        "iat": iat,
        "jti": base64.urlsafe_b64encode(os.urandom(18)).decode(),
        "client_id": known["client"],
        "scope": known["scope"],
    }


def subject(algorithm, entry):
    own, open_ = pair(algorithm)
    header = {"typ": "at+jwt", "kid": entry["kid"]}
    rules = {"require": ["exp", "iss", "aud"]}

    def verify(token):
        return jwt.decode(
            token, open_, algorithms=[algorithm], issuer=known["issuer"], audience=known["audience"], options=rules
        )["sub"]

    def issue():
        return jwt.encode(claims(), own, algorithm=algorithm, headers=header)

    def accepts(token):
        try:
            return verify(token) == known["subject"]
        except jwt.InvalidTokenError:
            return False

    token = entry["token"]
    assert accepts(token), f"{algorithm}: the good token is refused"
    for why, bad in entry["refused"]:
        assert not accepts(bad), f"{algorithm}: accepted, though {why}"
    assert accepts(issue()), f"{algorithm}: it refuses its own token"
    return [(f"verify {algorithm}", lambda: verify(token)), (f"issue {algorithm}", issue)]


def measure(run, count):
    """Nanoseconds a run."""
    start = time.perf_counter_ns()
    for _ in range(count):
        run()
    return (time.perf_counter_ns() - start) / count


cases = []
for algorithm, entry in known["algorithms"].items():
    for job, run in subject(algorithm, entry):
        measure(run, 20)
        cases.append((job, run, max(1, int(turn / measure(run, 20)))))
print(f"ready\tPyJWT {jwt.__version__}, Python {sys.version.split()[0]}", flush=True)
for _line in sys.stdin:
    for job, run, count in cases:
        print(f"{job}\tpeer\t{measure(run, count):.1f}")
    print("end", flush=True)
