"""This device's key and certificate; the PeerId of anybody's certificate. The one user of `cryptography`."""

from __future__ import annotations

import datetime
import hashlib
import hmac

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lanshare.domain.errors import ProtocolError
from lanshare.domain.peer import PeerId, id_of_digest

_DER = serialization.Encoding.DER
_PEM = serialization.Encoding.PEM
_SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
_PURPOSE = ec.ECDSA(hashes.SHA256())
_VEIL = "hidden"
"""Name in the certificate of a device that does not say here who it is."""


def id_of_key(public_key: bytes) -> PeerId:
    """The PeerId of a public key (SubjectPublicKeyInfo, DER)."""
    return id_of_digest(hashlib.sha256(public_key).digest())


def key_of_certificate(certificate: bytes) -> bytes:
    """The public key (SubjectPublicKeyInfo, DER) in a certificate (DER); ProtocolError unless it is P-256."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ProtocolError("a certificate without a P-256 key")
        return key.public_bytes(_DER, _SPKI)
    except ProtocolError:
        raise
    except Exception as error:
        raise ProtocolError(f"an unreadable certificate: {type(error).__name__}") from error


def id_of_certificate(certificate: bytes) -> PeerId:
    """The PeerId of a certificate (DER); ProtocolError if it has none."""
    return id_of_key(key_of_certificate(certificate))


def is_veil(certificate: bytes) -> bool:
    """Whether a certificate (DER) is a throwaway one: whoever shows it tells who it is only to those it knows."""
    try:
        names = x509.load_der_x509_certificate(certificate).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return [name.value for name in names] == [_VEIL]
    except Exception:  # what cannot be read says nothing
        return False


def same(one: str, other: str) -> bool:
    """Whether two ids are equal, in constant time."""
    return hmac.compare_digest(one.encode("ascii", "replace"), other.encode("ascii", "replace"))


def verify(public_key: bytes, signature: bytes, data: bytes) -> bool:
    """Whether `signature` (ECDSA, DER) over SHA-256 of `data` was made with this P-256 key."""
    try:
        key = serialization.load_der_public_key(public_key)
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            return False
        if key.public_bytes(_DER, _SPKI) != public_key:
            return False  # a second spelling of one key (compressed, explicit parameters) would be a second author
        key.verify(signature, data, _PURPOSE)
    except InvalidSignature:
        return False
    except Exception:  # an unreadable key is a key that verifies nothing
        return False
    return True


class Identity:
    """A device key with its self-signed certificate. `pem` holds both and is what is kept, 0600."""

    def __init__(self, pem: bytes) -> None:
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("not a P-256 key")
        self._key = key
        self.pem = pem
        self.certificate = x509.load_pem_x509_certificate(pem).public_bytes(_DER)
        self.public_key = key.public_key().public_bytes(_DER, _SPKI)
        if key_of_certificate(self.certificate) != self.public_key:
            raise ValueError("the certificate is another key's")
        self.id = id_of_key(self.public_key)

    @classmethod
    def veil(cls) -> Identity:
        """A key and certificate to be shown once, that tell nothing of this device."""
        return cls.create(_VEIL)

    @classmethod
    def create(cls, name: str = "") -> Identity:
        """A new device: P-256, CN = its id (or `name`), CA:FALSE, no usage limits, valid for ever as far as X.509
        goes."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = name or id_of_key(key.public_key().public_bytes(_DER, _SPKI))
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC))
            .not_valid_after(datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        private = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return cls(private + certificate.public_bytes(_PEM))

    def sign(self, data: bytes) -> bytes:
        """An ECDSA signature (DER) over SHA-256 of `data`."""
        return self._key.sign(data, _PURPOSE)

    def agree(self, point: bytes) -> bytes:
        """The secret that this key and the one of a public point (X9.62, uncompressed) have in common (ECDH, 32 bytes);
        ValueError if that is no point of P-256."""
        return self._key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
