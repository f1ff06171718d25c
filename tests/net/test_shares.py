"""Who gives way when there are too many connections: a friend never does because of strangers, however many."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lanshare.net.shares import Shares
from lanshare.wire import limits

STEPS = st.lists(
    st.tuples(st.sampled_from(["comes", "proves", "ends"]), st.integers(0, 400), st.integers(0, 90)), max_size=600
)


def test_a_newcomer_displaces_the_oldest_of_the_host_that_holds_most() -> None:
    shares: Shares[str] = Shares()
    for number in range(limits.UNPROVEN_PER_HOST):
        assert shares.admit(f"a{number}", "a") == []
    assert shares.admit("a-more", "a") == ["a0"]
    hosts = limits.UNPROVEN // limits.UNPROVEN_PER_HOST
    for host in range(1, hosts):
        for number in range(limits.UNPROVEN_PER_HOST):
            assert shares.admit(f"{host}-{number}", str(host)) == []
    assert shares.admit("friend", "f") == ["a1"]
    assert shares.prove("friend", "f", True) == []


def test_a_friend_is_admitted_and_kept_whatever_strangers_do() -> None:
    """512 keys from 512 addresses, again and again: strangers displace each other alone."""
    shares: Shares[str] = Shares()
    assert shares.admit("friend", "10.0.0.1") == []
    assert shares.prove("friend", "f", True) == []
    for number in range(2000):
        name = f"s{number}"
        out = shares.admit(name, f"10.1.{number // 256}.{number % 256}")
        out += shares.prove(name, name, False)
        assert "friend" not in out
    assert len(shares) <= limits.STRANGERS_LINKS + 1
    assert shares.admit("late", "10.0.0.2") == []
    assert shares.prove("late", "g", True) == []


def test_one_device_holds_so_many_and_no_more() -> None:
    for friend, most in ((True, limits.LINKS_PER_PEER), (False, limits.LINKS_PER_STRANGER)):
        shares: Shares[int] = Shares()
        out: list[int] = []
        for number in range(300):
            out += shares.admit(number, "h")
            out += shares.prove(number, "p", friend)
        assert len(shares) == most
        assert out == list(range(300 - most)), "its oldest goes"


@given(STEPS)
def test_no_bound_is_ever_exceeded(steps: list[tuple[str, int, int]]) -> None:
    shares: Shares[int] = Shares()
    there: dict[int, tuple[str, str]] = {}
    for number, (what, which, who) in enumerate(steps):
        if what == "comes":
            for one in shares.admit(number, f"h{who % 7}"):
                assert there.pop(one)[0] == "unproven"
            there[number] = ("unproven", f"h{who % 7}")
        elif there:
            one = list(there)[which % len(there)]
            if what == "ends":
                shares.forget(one)
                del there[one]
            elif there[one][0] == "unproven":
                friend = who % 3 == 0
                for given_way in shares.prove(one, f"p{who}", friend):
                    if given_way != one:
                        del there[given_way]
                if one in there:
                    there[one] = ("friend" if friend else "stranger", f"p{who}")
        kinds = [kind for kind, _ in there.values()]
        assert len(shares) == len(there)
        assert kinds.count("unproven") <= limits.UNPROVEN
        assert kinds.count("stranger") <= limits.STRANGERS_LINKS
        assert len(there) <= limits.LINKS
