"""The keys and tokens of a box's services, made where they are missing.

It owns which folder holds which: the key that signs tokens of people lies in the issuer's folder; a service that
enrols devices has a signing key of its own; each service has the public halves and its own token for its peers. Log
and vault keys are made by the service's own migration.
"""

from collections.abc import Sequence
from datetime import timedelta

from shared.kit.access.provision import SERVICE_TOKEN_FILE, provision
from shared.kit.access.tokens import Grant, issue, load_signing_key
from tanggap.box.home import Home
from tanggap.box.services import TOKEN_ISSUERS


def prepare_keys(home: Home, services: Sequence[str], *, installation: str) -> None:
    """Makes the issuer's key once and renews what each service shows its peers. Safe to repeat."""
    folders = [home.issuer_keys, *(home.service_keys(service) for service in services)]
    for folder in folders:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    issuers = [home.service_keys(service) for service in services if service in TOKEN_ISSUERS]
    provision(folders, installation=installation, issuers=issuers)
    (home.issuer_keys / SERVICE_TOKEN_FILE).unlink()  # the issuer is no service and reads nothing


def issue_token(home: Home, grant: Grant, *, installation: str, ttl: timedelta) -> str:
    """A token for a person, post or program of this home's installation."""
    return issue(load_signing_key(home.issuer_keys), grant, installation=installation, ttl=ttl)
