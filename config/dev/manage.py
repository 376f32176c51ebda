"""The environment of `make run`: what it gives its processes, and a way to give the same to a command.

`python -m config.dev.manage COMMAND …` (`make manage ARGS="COMMAND …"`) becomes `manage.py COMMAND …` beside a running
`make run`: with its keys, its addresses, its pretend Stripe, and with what it was itself started with.
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
"""Variables that only the Procfile's commands read."""


def given() -> dict[str, str]:
    """Return what this process was started with, above the file that the settings read beside the environment."""
    return _filled({**_env_file(os.environ), **os.environ})


def data_dir(given: Mapping[str, str]) -> Path:
    """Return where the data of `make run` is."""
    return Path(given.get("DATA_DIR") or embedded.default_data_dir()).absolute()


def adopt(given: Mapping[str, str]) -> environment.Environment:
    """Make this process's environment that of `make run`, which was started with `given`, and return the settings.

    Its folder is there.

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
    """Return the host at which `web` can be reached from this machine."""
    return {"0.0.0.0": LOOPBACK, "::": "::1"}.get(os.environ["HOST"], os.environ["HOST"])


def address(settings: environment.Environment) -> str:
    """Return the address of `web` on this machine."""
    host = reachable()
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.PORT}"


def _defaults(folder: Path) -> dict[str, str]:
    """Return what is set where nothing else sets it: development, on this machine alone, with keys of its own."""
    return {
        "DEBUG": "true",
        "SECRET_KEY": embedded.secret(data_dir=folder, name="SECRET_KEY"),
        "JWT_SIGNING_KEY": embedded.secret(data_dir=folder, name="JWT_SIGNING_KEY"),
        "WEB_PROCESSES": "1",  # enough for one person, and started a second sooner than two
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore:::celery.platforms",  # several lines from each worker about being root
    }


def _host(given: str) -> str:
    """Return the address to listen on. A name is not taken for one: some shells (tcsh) put the machine's into HOST."""
    try:
        return str(ipaddress.ip_address(given))
    except ValueError:
        return LOOPBACK


def _pretend_stripe(folder: Path, settings: environment.Environment) -> dict[str, str]:
    """Return what makes every process take the pretend Stripe for the real one. Its key is worth nothing elsewhere."""
    port = settings.PRETEND_STRIPE_PORT or settings.PORT + 2
    return {
        "PRETEND_STRIPE_PORT": str(port),
        "PRETEND_STRIPE_WEBHOOK": f"{address(settings)}/webhook/stripe",
        "STRIPE_SECRET_KEY": f"sk_test_{embedded.secret(data_dir=folder, name='STRIPE_SECRET_KEY')}",
        "STRIPE_WEBHOOK_SECRET": f"whsec_{embedded.secret(data_dir=folder, name='STRIPE_WEBHOOK_SECRET')}",
        "STRIPE_API_HOST": f"http://{LOOPBACK}:{port}",
    }


def _env_file(variables: Mapping[str, str]) -> dict[str, str | None]:
    """Return what the settings will find in the file beside the environment (see `config.environment.load`)."""
    return dotenv_values(variables.get("ENV_FILE", environment.ROOT / ".env"))


def _filled(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _given_to(pid: int) -> dict[str, str]:
    """Return the settings that the `make run` of this process id was started with; only its own user can read them.

    They are taken from the kernel, so that no key that somebody gave to it has to be written down for this.
    """
    try:
        lines = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="surrogateescape").split("\0")
    except OSError:
        return {}
    theirs = dict(line.split("=", 1) for line in lines if "=" in line)
    known = {*environment.names(), *NOT_SETTINGS}
    return _filled({name: value for name, value in {**_env_file(theirs), **theirs}.items() if name in known})


def main(arguments: list[str]) -> NoReturn:
    """Become `manage.py` with these arguments, in the environment of the run that uses this checkout's data."""
    ours = given()
    folder = data_dir(ours)
    pid = embedded.holder(folder)
    if pid is None:
        sys.exit(f"Kuvaka does not run from {folder}: start it with `make run`, or set DATA_DIR as that run has it.")
    try:
        adopt({**_given_to(pid), **ours})
    except environment.ConfigurationError as error:
        sys.exit(str(error))
    os.chdir(environment.ROOT)
    os.execv(sys.executable, [sys.executable, "manage.py", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
