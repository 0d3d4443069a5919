"""Reads what `verify_foreign --issue` printed, and checks it with PyJWT. See README.md."""
import json
import sys

import jwt

issued = json.load(open(sys.argv[1]))
keys = {key["kid"]: jwt.PyJWK(key) for key in issued["jwks"]["keys"]}
for algorithm, token in issued["tokens"].items():
    header = jwt.get_unverified_header(token)
    assert header["typ"] == "at+jwt" and header["alg"] == algorithm, header
    key = bytes.fromhex(issued["secret"]) if algorithm[0] == "H" else keys[header["kid"]]
    options = {"require": ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"]}
    rules = {"issuer": issued["issuer"], "audience": issued["audience"], "options": options}
    claims = jwt.decode(token, key, algorithms=[algorithm], **rules)
    assert claims["sub"] == "ada" and claims["scope"] == "invoice:*:read invoice:7:write"
    try:
        jwt.decode(token, key, algorithms=[algorithm], **rules | {"audience": "another"})
        raise SystemExit("a token for us was taken by another audience")
    except jwt.InvalidAudienceError:
        pass
    print(f"PyJWT {jwt.__version__} accepts {algorithm}")
