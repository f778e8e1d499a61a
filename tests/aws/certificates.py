"""A throw-away certificate authority and one server certificate for every AWS name."""

import json
import pathlib
import shutil
import subprocess

import botocore

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256", "-batch")
DAYS = 3650
CHINA = ("cn-north-1", "cn-northwest-1")


def regions():
    """The regions of the standard partition, as botocore knows them."""
    data = pathlib.Path(botocore.__file__).parent / "data/partitions.json"
    if not data.exists():
        return ["eu-west-1", "us-east-1"]
    standard = json.loads(data.read_bytes())["partitions"][0]
    return sorted(name for name in standard["regions"] if name.count("-") == 2)


def alternative_names(host):
    """What the server certificate is good for."""
    addresses = {"127.0.0.1", "::1", "169.254.169.254", host}
    names = ["localhost", "*.amazonaws.com", "*.amazonaws.com.cn", "*.us-gov.amazonaws.com",
             "route53.global.api.aws", "route53-fips.global.api.aws", "route53.us-gov.api.aws",
             "*.amazonaws.eu", "route53.global.api.amazonwebservices.eu",
             "route53.global.api.amazonwebservices.com.cn"]
    names += [f"*.{region}.{suffix}" for region in regions()
              for suffix in ("amazonaws.com", "api.aws")]
    names += [f"*.{region}.amazonaws.com.cn" for region in CHINA]
    # Of S3, whose names are deeper than the others, some.
    names += [f"*.{place}{region}" for place in ("s3.", "s3.dualstack.", "dualstack.")
              for region in ("eu-west-1.amazonaws.com", "ap-southeast-2.amazonaws.com",
                             "us-gov-west-1.amazonaws.com", "cn-north-1.amazonaws.com.cn")]
    return ",".join([f"IP:{address}" for address in sorted(addresses)]
                    + [f"DNS:{name}" for name in names])


class Authority:
    """Files in the work folder: ca.pem, server.pem, server.key, and trust/, a hashed folder."""

    def __init__(self, directory, host):
        self.directory = pathlib.Path(directory)
        self.host = host
        self.bundle = self.directory / "ca.pem"
        self.folder = self.directory / "trust"
        self.certificate = self.directory / "server.pem"
        self.key = self.directory / "server.key"

    def create(self, names=None, days=DAYS, subject="/CN=bootname tests, throw-away CA"):
        """Make keys and certificates.

        names: what the server's is good for, in place of every AWS name.
        days: how long it is; less than 0: it has expired.
        subject: the name of the authority.
        """
        authority_key, request = self.directory / "ca.key", self.directory / "server.csr"
        self._openssl("req", "-x509", *KEY, "-days", DAYS, "-keyout", authority_key,
                      "-out", self.bundle, "-subj", subject,
                      "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self._openssl("req", *KEY, "-keyout", self.key, "-out", request,
                      "-subj", "/CN=AWS emulator",
                      "-addext", "basicConstraints=critical,CA:FALSE",
                      "-addext", "extendedKeyUsage=serverAuth",
                      "-addext", f"subjectAltName={names or alternative_names(self.host)}")
        self._openssl("x509", "-req", "-in", request, "-CA", self.bundle,
                      "-CAkey", authority_key, "-days", days, "-sha256",
                      "-copy_extensions", "copy", "-out", self.certificate)
        authority_key.unlink()
        request.unlink()
        self._link()

    def _link(self):
        """The folder that `openssl rehash` would make of the one certificate."""
        self.folder.mkdir()
        shutil.copy(self.bundle, self.folder / "ca.pem")
        subject_hash = self._openssl("x509", "-hash", "-noout", "-in", self.bundle).strip()
        (self.folder / f"{subject_hash}.0").symlink_to("ca.pem")

    @staticmethod
    def _openssl(*arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True,
                              check=False, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise RuntimeError(f"openssl {arguments[0]}: {done.stderr}")
        return done.stdout
