"""The packed Python client: safe repeats, streams that resume, signatures."""

from tests.mutants import Break

FOLDER = "docs/clients/python/kuvaka_client"
TESTS = "client_packages/test_scripted_server.py"

BREAKS = (
    Break(
        lets="the client repeat a write that may have been done",
        file=f"{FOLDER}/transport.py",
        text='is_safe = request.method in SAFE or "Idempotency-Key" in request.headers',
        broken="is_safe = True",
        tests=f"{TESTS}::test_what_may_be_done_twice_is_not_repeated",
    ),
    Break(
        lets="the client send a message without a key",
        file=f"{FOLDER}/transport.py",
        text='request.headers.setdefault("Idempotency-Key", str(uuid4()))',
        broken="pass",
        tests=f"{TESTS}::test_a_message_is_repeated_with_one_key",
    ),
    Break(
        lets="the client ask again before the server allows it",
        file=f"{FOLDER}/transport.py",
        text="        return asked\n",
        broken="        return 0.0\n",
        tests=f"{TESTS}::test_a_read_is_repeated_when_the_server_says",
    ),
    Break(
        lets="the client wait for hours",
        file=f"{FOLDER}/transport.py",
        text="if asked is None or time.monotonic() + asked > gives_up_at:",
        broken="if asked is None:",
        tests=f"{TESTS}::test_a_wait_beyond_all_patience_is_an_error",
    ),
    Break(
        lets="the client go on with an expired token",
        file=f"{FOLDER}/transport.py",
        text="self._credential = self._refresh()",
        broken="self._refresh()",
        tests=f"{TESTS}::test_an_expired_token_is_renewed",
    ),
    Break(
        lets="the client resume a stream from its beginning",
        file=f"{FOLDER}/client.py",
        text='params={"after": after} if after else {}',
        broken="params={}",
        tests=f"{TESTS}::test_a_stream_goes_on_after_its_last_event",
    ),
    Break(
        lets="the client take the end of a stream for the end of a reply",
        file=f"{FOLDER}/events.py",
        text='return self.event == "error" and "final" in self.data',
        broken="return False",
        tests=f"{TESTS}::test_a_stream_goes_on_after_its_last_event",
    ),
    Break(
        lets="the client open a stream again after the session",
        file=f"{FOLDER}/client.py",
        text='if block.data["final"]:',
        broken='if block.data["code"] == "not_found":',
        tests=f"{TESTS}::test_a_stream_ends_with_the_session",
    ),
    Break(
        lets="the client show a text twice that is sent again",
        file=f"{FOLDER}/events.py",
        text="known = given[at : at + len(text)]",
        broken='known = ""',
        tests=f"{TESTS}::test_a_text_that_is_sent_again_is_not_shown_again",
    ),
    Break(
        lets="the client mix two texts",
        file=f"{FOLDER}/events.py",
        text="if text.startswith(known):",
        broken="if True:",
        tests=f"{TESTS}::test_another_text_is_told",
    ),
    Break(
        lets="the client end without what its stream has lost",
        file=f"{FOLDER}/events.py",
        text="yield Delta(stored[len(text) :])",
        broken="pass",
        tests=f"{TESTS}::test_what_the_stream_has_lost_is_read_from_the_message",
    ),
    Break(
        lets="the client give up where streams do not work",
        file=f"{FOLDER}/client.py",
        text="except (httpx.TransportError, TooManyRequests, Unavailable):\n            pass",
        broken="except (httpx.TransportError, TooManyRequests):\n            pass",
        tests=f"{TESTS}::test_waiting_asks_again_where_streams_do_not_work",
    ),
    Break(
        lets="the client believe a forged webhook",
        file=f"{FOLDER}/webhooks.py",
        text="    raise ForgedWebhook",
        broken='    return {"type": "reply.done"}',
        tests=f"{TESTS}::test_a_webhook_is_verified_and_a_forged_one_refused",
    ),
)
