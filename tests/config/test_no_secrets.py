"""No credential of any service is in the files or in the history of the checkout."""

import re
import subprocess

import pytest

from config.processes import ROOT

SHAPES = {
    "a live key of Stripe's": "[rs]k_live_[0-9a-zA-Z]{16,}",
    "a signing secret of Stripe's": "whsec_[0-9a-zA-Z+/]{32,}",
    "a key of Google's": "AIza[0-9A-Za-z_-]{35}",
    "an account or key of Twilio's": "(AC|SK)[0-9a-f]{32}",
    "an access key of AWS": "(AKIA|ASIA)[0-9A-Z]{16}",
    "a token of GitHub's": "(gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{60,})",
    "a token of Slack's": "xox[abprs]-[0-9A-Za-z-]{20,}",
    "a private key": "-----BEGIN ([A-Z]+ )?PRIVATE KEY-----",
}
ANY = "|".join(SHAPES.values())

INVENTED = [":!tests/doubles/twilio.py"]
"""Files whose credentials are of no service: the double of Twilio has an account id of the right shape."""


def git(*arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    if ran.returncode not in (0, 1):
        pytest.skip("not a checkout of git")
    return ran.stdout


@pytest.mark.parametrize(
    ("what", "example"),
    [
        ("a live key of Stripe's", "sk_live_" + "0" * 24),
        ("a key of Google's", "AIza" + "0" * 35),
        ("an account or key of Twilio's", "AC" + "0" * 32),
        ("a private key", "-----BEGIN RSA " + "PRIVATE KEY-----"),
    ],
)
def test_the_shapes_are_those_of_the_services(what: str, example: str) -> None:
    assert re.fullmatch(SHAPES[what], example)


def test_no_file_holds_one() -> None:
    assert not git("grep", "--untracked", "-nIE", "-e", ANY, "--", ".", *INVENTED)


def test_no_commit_ever_held_one() -> None:
    assert not git("log", "--format=%h %s", f"-G{ANY}", "--extended-regexp", "--", ".", *INVENTED)
