"""The environment of `make run`: what its processes get, and how a management command gets the same.

`python -m config.dev.manage COMMAND …` (`make manage ARGS="COMMAND …"`) runs `manage.py COMMAND …` beside a running
`make run`: with its keys, addresses and pretend Stripe, and with the variables that it was started with.
"""

import ipaddress
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

from dotenv import dotenv_values

from config import environment
from config.dev import embedded

LOOPBACK: Final = "127.0.0.1"

NOT_SETTINGS: Final = ("HOST", "WEB_PROCESSES")
"""Variables that only the commands in the Procfile read."""


def given() -> dict[str, str]:
    """Return the environment of this process; it takes precedence over the .env file."""
    return _filled({**_env_file(os.environ), **os.environ})


def data_dir(given: Mapping[str, str]) -> Path:
    return Path(given.get("DATA_DIR") or embedded.default_data_dir()).absolute()


def adopt(given: Mapping[str, str]) -> environment.Environment:
    """Give this process the environment of a `make run` that was started with `given`; return the settings.

    The data folder must exist.

    Raises:
        ConfigurationError: something in it is malformed or too weak.
    """
    folder = data_dir(given)
    os.environ |= {**_defaults(folder), **given, "DATA_DIR": str(folder), "HOST": _host(given.get("HOST", ""))}
    settings = environment.load()
    os.environ["STREAM_PORT"] = str(settings.STREAM_PORT or settings.PORT + 1)
    if settings.DEBUG and not settings.STRIPE_SECRET_KEY:
        os.environ |= _pretend_stripe(folder, settings)
    return settings


def reachable() -> str:
    """Return the host by which this machine reaches `web`."""
    return {"0.0.0.0": LOOPBACK, "::": "::1"}.get(os.environ["HOST"], os.environ["HOST"])


def address(settings: environment.Environment) -> str:
    host = reachable()
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.PORT}"


def _defaults(folder: Path) -> dict[str, str]:
    """Return the defaults: development, on this machine only, with keys made for this folder."""
    return {
        "DEBUG": "true",
        "SECRET_KEY": embedded.secret(data_dir=folder, name="SECRET_KEY"),
        "JWT_SIGNING_KEY": embedded.secret(data_dir=folder, name="JWT_SIGNING_KEY"),
        "WEB_PROCESSES": "1",  # enough for one user, and starts a second faster than two
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore:::celery.platforms",  # several lines per worker about running as root
    }


def _host(given: str) -> str:
    """Return the address to listen on. Names are ignored: some shells (tcsh) put the machine's name into HOST."""
    try:
        return str(ipaddress.ip_address(given))
    except ValueError:
        return LOOPBACK


def _pretend_stripe(folder: Path, settings: environment.Environment) -> dict[str, str]:
    """Return what makes every process use the pretend Stripe. Its key works nowhere else."""
    port = settings.PRETEND_STRIPE_PORT or settings.PORT + 2
    return {
        "PRETEND_STRIPE_PORT": str(port),
        "PRETEND_STRIPE_WEBHOOK": f"{address(settings)}/webhook/stripe",
        "STRIPE_SECRET_KEY": f"sk_test_{embedded.secret(data_dir=folder, name='STRIPE_SECRET_KEY')}",
        "STRIPE_WEBHOOK_SECRET": f"whsec_{embedded.secret(data_dir=folder, name='STRIPE_WEBHOOK_SECRET')}",
        "STRIPE_API_HOST": f"http://{LOOPBACK}:{port}",
    }


def _env_file(variables: Mapping[str, str]) -> dict[str, str | None]:
    """Return the variables of the .env file that the settings read (see `config.environment.load`)."""
    return dotenv_values(variables.get("ENV_FILE", environment.ROOT / ".env"))


def _filled(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _given_to(pid: int) -> dict[str, str]:
    """Return the settings that the `make run` with this process id was started with; only its account can read them.

    They come from the kernel, so that no key has to be written to a file for this.
    """
    try:
        lines = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="surrogateescape").split("\0")
    except OSError:
        return {}
    theirs = dict(line.split("=", 1) for line in lines if "=" in line)
    known = {*environment.names(), *NOT_SETTINGS}
    return _filled({name: value for name, value in {**_env_file(theirs), **theirs}.items() if name in known})


def _embedded(folder: Path) -> dict[str, str]:
    """Return the addresses of the servers that the run has started itself."""
    urls = embedded.running_urls(folder)
    return {"DATABASE_URL": urls.database_url, "REDIS_URL": urls.redis_url} if urls else {}


def main(arguments: list[str]) -> NoReturn:
    """Run `manage.py` with these arguments, in the environment of the run that uses this checkout's data."""
    ours = given()
    folder = data_dir(ours)
    pid = embedded.holder(folder)
    if pid is None:
        sys.exit(f"Kuvaka does not run from {folder}: start it with `make run`, or set the DATA_DIR of that run.")
    try:
        adopt({**_embedded(folder), **_given_to(pid), **ours})
    except environment.ConfigurationError as error:
        sys.exit(str(error))
    os.chdir(environment.ROOT)
    os.execv(sys.executable, [sys.executable, "manage.py", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
