"""Goods that do not suffice: shared by stated weights, whole units, never more than there is."""

from hypothesis import given
from hypothesis import strategies as st

from services.logistics.requests.sharing import WEIGHTS, Claim, shared, weight_of
from shared.contracts.vocabulary import Urgency

CLAIMS = st.lists(st.tuples(st.integers(1, 500), st.integers(0, 300)), min_size=1, max_size=12).map(
    lambda pairs: [Claim(f"{number:03}", weight, wanted) for number, (weight, wanted) in enumerate(pairs)]
)


@given(st.integers(0, 2_000), CLAIMS)
def test_all_is_given_that_is_there_or_wanted_and_no_more(available: int, claims: list[Claim]) -> None:
    """The sum is exact, and nobody gets more than they want."""
    shares = shared(available, claims)
    assert sum(shares.values()) == min(available, sum(claim.wanted for claim in claims))
    assert all(0 <= shares[claim.id] <= claim.wanted for claim in claims)


@given(st.integers(0, 2_000), CLAIMS)
def test_who_weighs_more_and_wants_as_much_gets_no_less(available: int, claims: list[Claim]) -> None:
    """Of two claims the heavier is never behind."""
    shares = shared(available, claims)
    for one in claims:
        for other in claims:
            if one.weight > other.weight and one.wanted >= other.wanted:
                assert shares[one.id] >= shares[other.id]


@given(st.integers(0, 2_000), CLAIMS, st.integers(1, 500), st.data())
def test_a_claim_that_grows_heavier_never_loses(
    available: int, claims: list[Claim], more: int, data: st.DataObject
) -> None:
    """More urgency or more persons cost nobody anything of their own."""
    index = data.draw(st.integers(0, len(claims) - 1))
    before = claims[index]
    heavier = [*claims[:index], Claim(before.id, before.weight + more, before.wanted), *claims[index + 1 :]]
    assert shared(available, heavier)[before.id] >= shared(available, claims)[before.id]


def test_the_largest_remainder_gets_what_is_left() -> None:
    """Ten units by 5, 3 and 2 of 10 are exact; eleven leave one unit for the largest rest."""
    claims = [Claim("a", 5, 100), Claim("b", 3, 100), Claim("c", 2, 100)]
    assert shared(10, claims) == {"a": 5, "b": 3, "c": 2}
    assert shared(11, claims) == {"a": 6, "b": 3, "c": 2}


def test_weights_are_those_that_are_stated() -> None:
    """How often the hours of an urgency go into 48, times the persons who still wait, at least one."""
    assert [WEIGHTS[urgency] for urgency in Urgency] == [12, 6, 2, 1]
    assert weight_of(Urgency.HIGH, 100, short=25, requested=100) == 6 * 25
    assert weight_of(Urgency.LOW, None, short=25, requested=100) == 1
    assert weight_of(Urgency.LOW, 0, short=25, requested=100) == 1
