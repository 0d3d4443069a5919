"""Makes pyjwt.json. See README.md for the versions and the commands."""
import json
import pathlib

import jwt

HERE = pathlib.Path(__file__).parent
KEYS = HERE.parent / "keys"
RSA = (KEYS / "rsa2048.pkcs8.pem").read_text()
ED25519 = (KEYS / "ed25519.pkcs8.pem").read_text()
SECRET = b"a secret of the old service, shared with nobody"
NOON = 1767268800  # 2026-01-01T12:00:00Z


def claims(**more):
    return {
        "iss": "https://partner.example",
        "sub": "ada",
        "aud": "https://api.example.com",
        "iat": NOON - 60,
        "exp": NOON + 600,
        "jti": "b7f1",
        "client_id": "partner-web",
        "scope": "invoice:*:read invoice:7:write",
    } | more


def old_claims(**more):
    return {
        "iss": "old-service",
        "sub": "ada",
        "aud": ["https://api.example.com", "https://other.example.com"],
        "iat": NOON - 60,
        "exp": NOON + 600,
        "scope": ["invoice:*:read"],
    } | more


AT = {"typ": "at+jwt", "kid": "partner-rsa"}
ED = {"typ": "at+jwt", "kid": "partner-ed"}
tokens = {
    "rs256": jwt.encode(claims(), RSA, "RS256", headers=AT),
    "ps256": jwt.encode(claims(), RSA, "PS256", headers=AT | {"kid": "partner-rsa-pss"}),
    "eddsa": jwt.encode(claims(), ED25519, "EdDSA", headers=ED),
    "expired": jwt.encode(claims(exp=NOON - 31), RSA, "RS256", headers=AT),
    "id_token": jwt.encode(claims(nonce="n-0S6"), RSA, "RS256", headers={"kid": "partner-rsa"}),
    "old_hs256": jwt.encode(old_claims(), SECRET, "HS256"),
    "old_with_nonce": jwt.encode(old_claims(nonce="n-0S6"), SECRET, "HS256"),
    "old_for_a_year": jwt.encode(old_claims(exp=NOON + 365 * 86400), SECRET, "HS256"),
    "old_none": jwt.encode(old_claims(), None, "none"),
}
(HERE / "pyjwt.json").write_text(json.dumps(tokens, indent=2) + "\n")
