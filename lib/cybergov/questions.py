"""Questions for a negotiation that follow from a state's figures.

`TEMPLATES` holds them all, each with the rule by which it is put: an expression over `facts`, which has
one row a member state. Of those whose rule holds for a state, `ask` gives the most telling ones: the fewer
states a question is put to, the more it says of this one. A question names the figures that it rests on and
leaves open what a delegation should answer.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from cybergov import data, profiles, tables
from cybergov.errors import BookError

#: How many states count as a state's neighbours in votes.
NEAREST = 5
#: In questions, what the record of votes says where it has no yes, no or abstention.
_NO_VOTE = "not voting"


@dataclass(frozen=True)
class Template:
    """A question: its subject, the rule by which it is put, and its words.

    Of one subject at most one question is put, unless there are too few subjects. The rule is an
    expression over the columns of `facts`; the words name columns in braces.
    """

    name: str
    subject: str
    rule: str
    words: str


TEMPLATES = (
    # What the Assembly set up in December 2018
    Template(
        "both-tracks",
        "tracks",
        "open_vote == 'yes' and expert_vote == 'yes'",
        "{State} voted yes on both mandates of December 2018: for an open-ended group (73/27) and for a "
        "group of experts (73/266). If only one body could be kept, would a delegation rather keep the one "
        "that every State may join or the one in which a few negotiate, and what should it ask in return "
        "for the other?",
    ),
    Template(
        "open-track-only",
        "tracks",
        "open_vote == 'yes' and expert_vote in ('no', 'abstain')",
        "{State} voted yes on the open-ended group (73/27) and {expert_vote} on the group of experts "
        "(73/266). Would a delegation rather insist on bodies that every State may join, or accept an "
        "expert body if its report goes to all States before it is adopted?",
    ),
    Template(
        "expert-track-only",
        "tracks",
        "expert_vote == 'yes' and open_vote in ('no', 'abstain')",
        "{State} voted {open_vote} on the open-ended group (73/27) and yes on the group of experts "
        "(73/266). Would a delegation rather keep the weight of small expert bodies, or is a text that all "
        "States have negotiated worth a slower process?",
    ),
    Template(
        "neither-track",
        "tracks",
        "open_vote != 'yes' and expert_vote != 'yes'",
        "{State} voted yes on neither mandate of December 2018 (73/27: {open_vote}; 73/266: {expert_vote}). "
        "Would a delegation rather take part in whatever body there is, or wait for one that it asked for "
        "itself?",
    ),
    # The conventions
    Template(
        "signed-after-doubt",
        "conventions",
        "crime_vote in ('no', 'abstain') and un_convention in ('signatory', 'party')",
        "{State} voted {crime_vote} on the mandate to negotiate a convention on cybercrime (74/247), and is "
        "{un_convention} of the convention that came of it. Would a delegation rather work on safeguards "
        "from within, or make ratification wait for them?",
    ),
    Template(
        "asked-not-signed",
        "conventions",
        "crime_vote == 'yes' and un_convention == 'none'",
        "{State} voted yes on the mandate to negotiate a convention on cybercrime (74/247), and is not "
        "among the signatories of the United Nations Convention on the list of late 2025. Would a "
        "delegation rather sign and shape its practice from within, or hold back its signature for "
        "something in return?",
    ),
    Template(
        "both-conventions",
        "conventions",
        "budapest == 'party' and un_convention in ('signatory', 'party')",
        "{State} is party to the Budapest Convention and {un_convention} of the United Nations Convention. "
        "Where the two ask for different procedures, would a delegation rather have one rule for all "
        "partners, or keep the choice case by case?",
    ),
    Template(
        "budapest-only",
        "conventions",
        "budapest == 'party' and un_convention == 'none'",
        "{State} is party to the Budapest Convention and, by the list of late 2025, not a signatory of the "
        "United Nations Convention. Would a delegation rather cooperate under the older text alone, or join "
        "the newer one for the partners that only it reaches?",
    ),
    Template(
        "un-convention-only",
        "conventions",
        "budapest not in ('party', 'reported') and un_convention in ('signatory', 'party')",
        "{State} is {un_convention} of the United Nations Convention and not party to the Budapest "
        "Convention. Would a delegation rather put its effort into one text that is open to all, or also "
        "seek the older one for the partners and the practice that it has?",
    ),
    Template(
        "no-convention",
        "bound",
        "bound == 0 and un_convention == 'none' and budapest not in ('signatory', 'reported')",
        "No convention on cybercrime or information security in the tables binds {state}, and it has signed "
        "neither the Budapest nor the United Nations Convention. Is that freedom of action a delegation "
        "would rather keep, or a lack of partners that it would rather mend?",
    ),
    Template(
        "several-conventions",
        "bound",
        "bound >= 2",
        "{State} is bound by {bound} conventions in the tables ({bound_by}). Would a delegation rather have "
        "a rule on which goes first, or is the overlap of use to it?",
    ),
    # Votes beside others
    Template(
        "apart-from-neighbours",
        "votes",
        "alone_on != ''",
        "On {alone_on} {state} voted {alone_vote}, and none of the five States that vote most like it did "
        "({alone_others}). Would a delegation rather explain that vote as a matter of principle, or treat "
        "it as something it can give up?",
    ),
    Template(
        "apart-from-group",
        "votes",
        "apart >= 4",
        "In {apart} of {votes} recorded cyber votes {state} did not vote with most of the {group}, last on "
        "{apart_on} ({apart_vote}; most: {apart_group}). Would a delegation rather speak for itself in the "
        "coming talks, or pay something for the group's support?",
    ),
    Template(
        "often-absent",
        "votes",
        "missed >= 5",
        "In {missed} of {votes} recorded cyber votes no vote of {state} is on record. If the reason is a "
        "small mission, would a delegation rather ask for help to be present, or for fewer processes that "
        "meet at the same time?",
    ),
    Template(
        "with-group",
        "votes",
        "apart <= 1 and missed <= 2",
        "{State} voted with most of the {group} in {with_group} of the {cast} recorded cyber votes that it "
        "cast. Would a delegation rather let the group speak for it, or does it have an interest that the "
        "group's text leaves out?",
    ),
    # Seats and camps
    Template(
        "never-seated",
        "seats",
        "seats == 0",
        "No seat of {state} in any of the six groups of experts is on record or reported. Would a "
        "delegation rather have seats rotate by region, or have no body with fewer seats than States?",
    ),
    Template(
        "often-seated",
        "seats",
        "seats >= 4",
        "{State} is listed or reported in {seats} of the six groups of experts. If others call that a "
        "privilege, would a delegation rather defend experience as a ground for a seat, or offer rotation?",
    ),
    Template(
        "seldom-seated",
        "seats",
        "1 <= seats <= 3",
        "{State} is listed or reported in {seats} of the six groups of experts. Would a delegation rather "
        "ask for a seat again, or for a right of States outside to be heard before a report is adopted?",
    ),
    Template(
        "both-camps",
        "camps",
        "like_minded >= 1 and sovereignty >= 1",
        "{State} belongs to circles coded like-minded ({like_minded_in}) and stands, itself or through an "
        "organisation, behind a text coded for sovereignty ({sovereignty_in}). Would a delegation rather be "
        "a bridge between them, or is there a point on which it would have to choose?",
    ),
    Template(
        "like-minded",
        "camps",
        "like_minded >= 4 and sovereignty == 0",
        "{State} belongs to {like_minded} circles coded like-minded ({like_minded_in}). Would a delegation "
        "rather settle a position there before it meets others, or keep room to move in the wider talks?",
    ),
    Template(
        "some-like-minded",
        "camps",
        "1 <= like_minded <= 3 and sovereignty == 0",
        "Of the circles coded like-minded {state} belongs to {like_minded} ({like_minded_in}). Would a "
        "delegation rather join more of them, or use its distance from the rest?",
    ),
    Template(
        "sovereignty",
        "camps",
        "sovereignty >= 1 and like_minded == 0",
        "{State} stands, itself or through an organisation, behind a text coded for sovereignty "
        "({sovereignty_in}), and belongs to no circle coded like-minded. Would a delegation rather carry "
        "that principle into every paragraph, or name the few in which it matters most?",
    ),
    Template(
        "no-camp",
        "camps",
        "like_minded == 0 and sovereignty == 0",
        "By the table {state} belongs to no circle coded like-minded and stands behind no text coded for "
        "sovereignty. If both sides court its vote, would a delegation rather say early what it wants, or "
        "wait for offers?",
    ),
    # Price and receipts
    Template(
        "pays-the-most",
        "price",
        "ceiling or paid >= 5",
        "{State} is assessed {paid_words} % of the regular budget of the United Nations and has {gdp_words} "
        "% of the world's GDP. Would a delegation rather link what it pays to a say in what is done, or show "
        "that it does not?",
    ),
    Template(
        "pays-the-floor",
        "price",
        "floor",
        "{State} pays the floor of the scale of assessments, {paid_words} %, while a response team's place "
        "in FIRST costs as much as for any other: {first_words} of its GDP per head. Would a delegation "
        "rather ask for fees by means, or for support in paying them?",
    ),
    Template(
        "pays-above-gdp",
        "price",
        "not floor and scale_ratio > 1.25",
        "{State} is assessed {paid_words} % of the regular budget of the United Nations and has {gdp_words} "
        "% of the world's GDP. If a new mechanism is paid for by that scale, would a delegation rather "
        "accept it as a known rule, or ask for another?",
    ),
    Template(
        "pays-below-gdp",
        "price",
        "not floor and scale_ratio < 0.8",
        "{State} is assessed {paid_words} % of the regular budget of the United Nations and has {gdp_words} "
        "% of the world's GDP. If others ask it for more, would a delegation rather give money, or experts "
        "and training?",
    ),
    Template(
        "flat-fees",
        "price",
        "not floor and first_years > 1",
        "A response team's yearly place in FIRST costs {first_words} of the GDP per head of {state}. Would "
        "a delegation rather ask for fees by means, or for a regional team that shares one place?",
    ),
    Template(
        "receives-more",
        "receipts",
        "receipt_ratio > 2",
        "By the mean of seven series {state} has {received_words} % of what can be counted as received, "
        "{receipt_words} times its share of the scale. If that is put on the table, would a delegation "
        "rather contest the count (hosted is not used), or offer something for it?",
    ),
    Template(
        "receives-less",
        "receipts",
        "receipt_ratio < 0.5",
        "By the mean of seven series {state} has {received_words} % of what can be counted as received, "
        "{receipt_words} times its share of the scale. Would a delegation rather ask for more to be placed "
        "there, or for a say where it is placed now?",
    ),
    Template(
        "nothing-hosted",
        "resources",
        "none_of >= 4",
        "Of seven series of what is received the tables have none in {state} for {none_of}: {none_words}. "
        "Which one would a delegation rather ask for first, and from whom: a fund, a neighbour or a "
        "company?",
    ),
    Template(
        "no-team",
        "resources",
        "team == 0",
        "The ITU's score for a national response team is zero for {state}, which may mean no team or no "
        "answer. Would a delegation rather report what there is, or ask for a team as part of the outcome?",
    ),
    Template(
        "no-strategy",
        "resources",
        "strategy == 0 and team > 0",
        "No national cybersecurity strategy of {state} is in the table, and the ITU scores its national "
        "response team above zero. Would a delegation rather agree to publish a strategy as a measure of "
        "confidence, or keep that out of the text?",
    ),
    # Incidents
    Template(
        "named-initiator",
        "incidents",
        "initiated >= 20",
        "In {initiated} incidents of EuRepoC the initiator is said to act from or for {state}; such "
        "attributions are made by others and may be contested. Would a delegation rather ask for a common "
        "procedure of attribution, or keep it a matter for each State?",
    ),
    Template(
        "often-received",
        "incidents",
        "initiated < 20 and received >= 40",
        "{State} is a receiver in {received} incidents of EuRepoC, more than most States. Would a "
        "delegation rather ask for help after incidents, or for public statements on who was behind them?",
    ),
    Template(
        "nothing-on-record",
        "incidents",
        "received == 0 and breaches == 0",
        "Neither EuRepoC nor VCDB has an incident with {state} as a receiver, which is not the same as "
        "none. Would a delegation rather report its own incidents to a common register, or is what is "
        "reported a matter of its own security?",
    ),
    Template(
        "ransomware-outside",
        "clubs",
        "ransomware == 0 and neighbours_in_club >= 3",
        "{neighbours_in_club} of the five States that vote most like {state} are in the International "
        "Counter Ransomware Initiative, and {state} is not. Would a delegation rather seek a seat, or raise "
        "the matter where every State has one?",
    ),
    Template(
        "ransomware-inside",
        "clubs",
        "ransomware == 1 and neighbours_in_club <= 1",
        "{State} is in the International Counter Ransomware Initiative; of the five States that vote most "
        "like it, {neighbours_in_club_words} is. Would a delegation rather bring the others in, or keep the "
        "circle small?",
    ),
    Template(
        "permanent-member",
        "council",
        "permanent == 'yes'",
        "{State} is a permanent member of the Security Council. Would a delegation rather have serious "
        "incidents come before the Council, or before a body without a veto?",
    ),
    # What is near at hand
    Template(
        "one-cable",
        "cables",
        "cables == 1",
        "One submarine cable lands in {state} by the list of late 2022. Would a delegation rather have "
        "cables protected by a rule for all States, or see to a second one with those who lay them?",
    ),
    Template(
        "no-cable",
        "cables",
        "cables == 0",
        "No submarine cable lands in {state} by the list of late 2022. If its traffic crosses the territory "
        "of others, would a delegation rather seek rules on transit with its neighbours, or in a body of all "
        "States?",
    ),
    Template(
        "least-developed",
        "support",
        "ldc == 'yes'",
        "{State} is on the list of least developed countries. If support with cyber capacity is offered "
        "bilaterally, would a delegation rather take it from whoever offers, or ask that it pass through a "
        "fund of the United Nations?",
    ),
)


def significant(x: float) -> str:
    """Write a number of at least 0 with about two significant digits, without an exponent."""
    if pd.isna(x) or x == 0:
        return tables.number(x, 0)
    return tables.number(x, max(0, min(7, 1 - math.floor(math.log10(abs(x))))))


@cache
def facts(world: profiles.World) -> pd.DataFrame:
    """Give what the rules of the questions ask of every member state.

    Parameters
    ----------
    world : World

    Returns
    -------
    DataFrame
        By code, one row a member state, in these groups of columns:

        * ``State``, ``state`` (the name as a sentence begins with it, and within one), ``group``,
          ``permanent``, ``ldc`` (yes or no);
        * votes on the core resolutions that count: ``open_vote``, ``expert_vote``, ``crime_vote``;
          ``votes``, ``cast``, ``missed``, ``apart``, ``with_group`` (numbers; the last two beside the most
          frequent vote of the regional group); ``apart_on``, ``apart_vote``, ``apart_group`` (the latest
          of them; ``apart_on`` is empty if there is none); ``alone_on``, ``alone_vote``, ``alone_others``
          (the latest vote that none of the nearest neighbours shared, three or more of which voted;
          ``alone_on`` is empty if there is none);
        * memberships that were seen: ``budapest``, ``un_convention`` (status, or none; ``reported`` where
          it was not seen); ``bound``, ``bound_by`` (conventions on cyber matters to which the state is
          party); ``like_minded``, ``sovereignty`` (numbers, the latter also through an organisation), with
          names in ``_in``; ``ransomware`` (0 or 1), ``neighbours_in_club`` (of the nearest five);
          ``seats`` (of six expert groups, listed or reported);
        * price and receipts: ``paid``, ``gdp``, ``received_share`` (percent); ``scale_ratio``,
          ``receipt_ratio``; ``floor``, ``ceiling``; ``first_years`` (membership of FIRST in years of GDP
          per head); ``none_of`` (series with none), ``team`` (score, 0 to 1), ``strategy`` (0 or 1),
          ``cables`` (number);
        * incidents: ``received``, ``initiated`` (EuRepoC), ``breaches`` (VCDB, received).

        What ends in ``_words`` is a figure as a question has it.
    """
    parts = (_names, _votes, _memberships, _price, _incidents)
    found = pd.concat([part(world) for part in parts], axis=1)
    club = found["ransomware"].astype(bool)
    near = _nearest(world)
    inside = club.reindex(near.columns).to_numpy()
    found["neighbours_in_club"] = (near.to_numpy() & inside).sum(axis=1)
    found["neighbours_in_club_words"] = found["neighbours_in_club"].map({0: "none", 1: "one"}).fillna("more")
    return found


def rules(of: pd.DataFrame) -> pd.DataFrame:
    """List all questions with the rules by which they are put.

    Parameters
    ----------
    of : DataFrame
        From `facts`.

    Returns
    -------
    DataFrame
        By name: ``subject``, ``rule`` and ``states`` (to how many it is put), in the order of `TEMPLATES`.
    """
    number = holding(of).sum()
    rows = [(one.name, one.subject, one.rule, int(number[one.name])) for one in TEMPLATES]
    return pd.DataFrame(rows, columns=["name", "subject", "rule", "states"]).set_index("name")


def holding(of: pd.DataFrame) -> pd.DataFrame:
    """Tell which question is put to which state.

    Parameters
    ----------
    of : DataFrame
        From `facts`.

    Returns
    -------
    DataFrame of bool
        By code and name of the question. A comparison with a missing figure does not hold.
    """
    # Python reads a rule faster than pandas does, and a brief waits for all of them.
    rules = {one.name: compile(one.rule, one.name, "eval") for one in TEMPLATES}
    rows = [dict(zip(of.columns, row, strict=True)) for row in of.itertuples(index=False)]
    return pd.DataFrame(
        {name: [bool(eval(rule, {"__builtins__": {}}, row)) for row in rows] for name, rule in rules.items()},
        index=of.index,
    )


def ask(iso3: str, of: pd.DataFrame, number: int = 5) -> pd.DataFrame:
    """Put the most telling questions to a state.

    Of the questions whose rule holds, those come first that are put to the fewest states; of one subject only
    the first is taken, until the subjects are used up.

    Parameters
    ----------
    iso3 : str
        Code of a member state.
    of : DataFrame
        From `facts`.
    number : int
        How many questions, 1 or more.

    Returns
    -------
    DataFrame
        By name of the question, the most telling one first: ``subject``, ``question`` (its words, with the
        state's figures), ``states`` (to how many it is put) and ``rule``.

    Raises
    ------
    BookError
        If the code is unknown, or fewer rules hold than questions are asked for.
    """
    held = holding(of)
    if iso3 not in of.index:
        raise BookError(f"{iso3!r} is no code of a member state of the United Nations, such as 'KEN'.")
    own = held.loc[iso3]
    frame = pd.DataFrame(
        [
            (one.name, one.subject, one.words.format(**of.loc[iso3]), int(held[one.name].sum()), one.rule)
            for one in TEMPLATES
            if own[one.name]
        ],
        columns=["name", "subject", "question", "states", "rule"],
    ).set_index("name")
    if len(frame) < number:
        raise BookError(f"Only {len(frame)} questions follow from the figures of {iso3}, not {number}.")
    frame = frame.sort_values("states", kind="stable")
    again = frame["subject"].duplicated()
    chosen = pd.concat([frame[~again], frame[again]]).head(number)
    return chosen.sort_values("states", kind="stable")


# --- facts -----------------------------------------------------------------------------------------


def _names(world: profiles.World) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "state": world.names,
            "State": world.names.str.replace(r"^t(?=he )", "T", regex=True),
            "group": world.states["regional_group"].map(profiles.GROUPS),
            "permanent": world.states["permanent_member"],
            "ldc": world.areas["ldc"].reindex(world.states.index),
        }
    )


def _nearest(world: profiles.World) -> pd.DataFrame:
    """Tell of every pair whether the second state is among the nearest neighbours of the first."""
    agreement = world.agreement.agreement
    others = agreement.mask(np.eye(len(agreement), dtype=bool))
    near = others.rank(axis=1, ascending=False, method="first").le(NEAREST)
    return near.loc[world.states.index, world.states.index]


def _votes(world: profiles.World) -> pd.DataFrame:
    cast = world.ballots[world.counted]
    usual = world.usual.loc[world.states["regional_group"], world.counted]
    # From here on arrays of states by resolutions: a brief waits for all of it.
    own, beside = cast.fillna(_NO_VOTE).to_numpy(str), usual.fillna("").to_numpy(str)
    said = np.isin(own, profiles.VOTES)
    alike_group = said & (own == beside)
    apart = said & (beside != "") & ~alike_group
    near = _nearest(world).to_numpy().astype(int)
    # How many of a state's neighbours voted so
    of_near = {vote: near @ (own == vote).astype(int) for vote in profiles.VOTES}
    alike = np.sum([number * (own == vote) for vote, number in of_near.items()], axis=0)
    alone = said & (np.sum([*of_near.values()], axis=0) >= 3) & (alike == 0)

    short, every = cast.columns.str.removeprefix("A/RES/"), range(len(cast))
    apart_at, alone_at = (mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1) for mask in (apart, alone))
    others = [
        ", ".join(f"{vote}: {number[i, at]}" for vote, number in of_near.items() if number[i, at])
        for i, at in enumerate(alone_at)
    ]
    return pd.DataFrame(
        {
            "open_vote": cast[profiles.OPEN_TRACK].fillna(_NO_VOTE),
            "expert_vote": cast[profiles.EXPERT_TRACK].fillna(_NO_VOTE),
            "crime_vote": cast[profiles.CRIME_MANDATE].fillna(_NO_VOTE),
            "votes": cast.shape[1],
            "cast": said.sum(axis=1),
            "missed": (~said).sum(axis=1),
            "apart": apart.sum(axis=1),
            "with_group": alike_group.sum(axis=1),
            "apart_on": np.where(apart.any(axis=1), short[apart_at], ""),
            "apart_vote": own[every, apart_at],
            "apart_group": beside[every, apart_at],
            "alone_on": np.where(alone.any(axis=1), short[alone_at], ""),
            "alone_vote": own[every, alone_at],
            "alone_others": others,
        },
        index=cast.index,
    )


def _memberships(world: profiles.World) -> pd.DataFrame:
    members, ties = world.states.index, world.memberships
    ties = ties[ties["verified"].eq("yes")]
    in_full = ties[ties["full"]]

    def status(institution: str) -> pd.Series:
        found = world.memberships
        found = found[found["institution"].eq(institution)].set_index("iso3")
        said = found["status"].where(found["verified"].eq("yes"), "reported")
        return said.reindex(members).fillna("none")

    found: dict[str, pd.Series] = {
        "budapest": status("budapest"),
        "un_convention": status("un_convention"),
        "ransomware": status("counter_ransomware").eq("member").astype(int),
        "seats": data.load("expert_group_members").groupby("iso3").size().reindex(members, fill_value=0),
    }
    conventions = in_full["kind"].eq("treaty") & in_full["scope"].eq("cyber") & in_full["status"].eq("party")
    behind = ties[ties["full"] | ties["status"].eq("endorser via organisation")]
    circles = {
        "bound": in_full[conventions],
        "like_minded": in_full[in_full["camp"].eq("like-minded")],
        "sovereignty": behind[behind["camp"].eq("sovereignty")],
    }
    for name, those in circles.items():
        grouped = those.groupby("iso3")["short"]
        found[name] = grouped.size().reindex(members, fill_value=0)
        words = grouped.agg(tables.listed).reindex(members).fillna("")
        found["bound_by" if name == "bound" else f"{name}_in"] = words
    return pd.DataFrame(found)


def _price(world: profiles.World) -> pd.DataFrame:
    members, paid = world.states.index, world.contributions
    mean, none = world.shares.mean(axis=1), world.shares.eq(0)
    teams = data.load("response_teams")
    years = profiles.first_dues() / world.figures["income"]
    frame = pd.DataFrame(
        {
            "paid": 100 * paid["paid"],
            "gdp": 100 * paid["gdp"],
            "scale_ratio": paid["ratio"],
            "floor": paid["floor"],
            "ceiling": paid["ceiling"],
            "first_years": years,
            "received_share": 100 * mean,
            "receipt_ratio": mean / paid["paid"],
            "none_of": none.sum(axis=1),
            "none_words": [tables.listed(none.columns[row]) for row in none.to_numpy()],
            "team": teams[teams["year"].eq(teams["year"].max())]
            .set_index("iso3")["national"]
            .reindex(members),
            "strategy": members.isin(data.load("strategies")["iso3"]).astype(int),
            "cables": world.amounts["cables"],
        },
        index=members,
    )
    part = years.map(lambda x: f"{significant(x)} years" if x >= 1 else f"{significant(100 * x)} %")
    return frame.assign(
        paid_words=frame["paid"].map(lambda x: tables.number(x, 3)),
        gdp_words=frame["gdp"].map(significant),
        first_words=part.where(years.notna(), "an unknown part"),
        received_words=frame["received_share"].map(significant),
        receipt_words=frame["receipt_ratio"].map(significant),
    )


def _incidents(world: profiles.World) -> pd.DataFrame:
    return world.incidents["eurepoc"].assign(breaches=world.incidents["vcdb"]["received"])
