"""Checks and signs tokens with PyJWT, as tests/differential/foreign.rs asks: a line of JSON for each."""
import json
import sys
from datetime import datetime

import jwt
import jwt.api_jwt
from cryptography.hazmat.primitives.serialization import load_der_private_key

config = json.loads(sys.stdin.readline())


class AtThatTime(datetime):
    """It reads the clock through this class, and has no other way to be told the time."""

    @classmethod
    def now(cls, tz=None):
        return datetime.fromtimestamp(config["now"], tz)


jwt.api_jwt.datetime = AtThatTime

OPTIONS = {"require": ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"]}


def public(key):
    return bytes.fromhex(key["secret"]) if "secret" in key else jwt.PyJWK(key["jwk"])


def private(key):
    if "secret" in key:
        return bytes.fromhex(key["secret"])
    with open(key["der"], "rb") as file:
        return load_der_private_key(file.read(), None)


checks = {name: public(key) for name, key in config["keys"].items()}
signs = {name: private(key) for name, key in config["keys"].items()}


def verify(job):
    rules = {name: config[name] for name in ("issuer", "audience", "leeway")}
    claims = jwt.decode(
        job["token"], checks[job["alg"]], algorithms=[job["alg"]], options=OPTIONS, **rules
    )
    return {"read": json.dumps(claims)}


def sign(job):
    claims, header = json.loads(job["claims"]), json.loads(job["header"])
    return {"token": jwt.encode(claims, signs[job["alg"]], job["alg"], headers=header)}


for line in sys.stdin:
    job = json.loads(line)
    try:
        answer = sign(job) if "claims" in job else verify(job)
    except Exception as error:  # whatever it raises is its refusal
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer))
