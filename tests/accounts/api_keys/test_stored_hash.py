"""What is stored of a key: a hash that is bound to the key, and to `SECRET_KEY`."""

from uuid import uuid4

from django.test import override_settings

from accounts.api_keys.key_text import KeyText, new


def test_the_same_secret_has_another_hash_with_another_id() -> None:
    one = new(uuid4())
    assert KeyText(id=uuid4(), secret=one.secret).digest != one.digest == KeyText(id=one.id, secret=one.secret).digest


def test_a_dump_is_of_no_use_without_the_secret_key() -> None:
    one = new(uuid4())
    with override_settings(SECRET_KEY="another secret key of an installation"):
        assert one.digest != new(one.id).digest
        other = one.digest
    assert one.digest != other


def test_secrets_are_long_and_never_the_same() -> None:
    secrets = {new(uuid4()).secret for _ in range(1000)}
    assert len(secrets) == 1000
    assert {len(each) for each in secrets} == {43}
    assert len(set("".join(secrets))) == 62


def test_the_repr_of_a_key_does_not_show_its_secret() -> None:
    one = new(uuid4())
    assert one.secret not in repr(one)
