"""Certificates for API-SSL: one signed by itself, and the anonymous kind a router has before it gets one."""

from __future__ import annotations

import datetime as dt
import ssl
import warnings
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dh, ec
from cryptography.x509.oid import NameOID


def self_signed(folder: Path, host: str = "localhost") -> ssl.SSLContext:
    """A server context with a fresh certificate for `host`, written to `folder` as router.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "router.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def anonymous(folder: Path) -> ssl.SSLContext:
    """A server context without certificate: anonymous Diffie-Hellman only, as RouterOS offers by default.

    The group's parameters are written to `folder` as dh.pem.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ADH:@SECLEVEL=0")
    path = folder / "dh.pem"
    with warnings.catch_warnings():
        # Finite-field groups are going away everywhere but here: a router without certificate offers nothing else.
        warnings.simplefilter("ignore")
        group = dh.DHParameterNumbers(_ffdhe2048(), 2).parameters()
    path.write_bytes(group.parameter_bytes(serialization.Encoding.PEM, serialization.ParameterFormat.PKCS3))
    context.load_dh_params(str(path))
    return context


def _ffdhe2048() -> int:
    """The prime of RFC 7919, from its definition: 2^2048 - 2^1984 + (floor(2^1918 e) + 560316) 2^64 - 1."""
    bits = 1918 + 64
    term = total = 1 << bits
    for n in range(1, 400):
        term //= n
        total += term
    return 2**2048 - 2**1984 + ((total >> 64) + 560316) * 2**64 - 1
