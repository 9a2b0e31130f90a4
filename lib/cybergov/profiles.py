"""What the tables say of one state: its votes, memberships, price, receipts, incidents, and what they lack.

Each function gives a small frame about one member state, made so that the state can be set beside its
regional group or beside all. What they have in common, figures of all states, stands in a `World`, read once.
Nothing here is a finding: a profile describes.
"""

import os
from dataclasses import dataclass
from functools import cache, cached_property

import pandas as pd

from cybergov import altered, codebook, consumption, data, institutions, states
from cybergov.errors import BookError
from cybergov.measures import voting

#: Fewer recorded votes in common say too little of how near two states are.
LEAST_COMMON = 400
#: Regional groups within a sentence, and short.
GROUPS = {
    "African States": "African Group",
    "Asia-Pacific States": "Asia-Pacific Group",
    "Eastern European States": "Eastern European Group",
    "Latin American and Caribbean States": "Latin American and Caribbean Group",
    "Western European and other States": "Western European and others Group",
}
#: Member states whose names stand with an article in a sentence, as the United Nations writes them.
WITH_ARTICLE = (
    *("ARE", "BHS", "CAF", "COD", "COG", "COM", "DOM", "GBR", "GMB", "KOR", "LAO", "MDA"),
    *("MHL", "NER", "NLD", "PHL", "PRK", "RUS", "SDN", "SLB", "SYR", "TZA", "USA"),
)
#: Subjects of the cyber resolutions by how their titles begin, short enough for a line of a table.
SUBJECTS = {
    "Developments in the field of information": "Developments in ICTs and security",
    "Advancing responsible State behavio": "Responsible State behaviour",
    "Programme of action to advance": "Programme of action on State behaviour",
    "Countering the use": "ICTs for criminal purposes",
    "Information and communications technologies for sus": "ICTs for sustainable development",
}
#: Mandates that the questions follow from vote to body.
OPEN_TRACK, EXPERT_TRACK, CRIME_MANDATE = "A/RES/73/27", "A/RES/73/266", "A/RES/74/247"
#: The data sets of incidents, with what each says of itself.
INCIDENT_SOURCES = {
    "eurepoc": "EuRepoC: incidents with a political dimension",
    "vcdb": "VCDB: breaches disclosed in public",
    "dcid_2": "DCID: incidents between rival states",
}
#: The votes that say something; a state may also be listed without one.
VOTES = ("yes", "no", "abstain")
#: Kinds of institution, in the order of a profile.
KINDS = ["treaty", "alliance", "organisation", "forum", "pledge", "process"]
#: Tables whose figure of one year stands in a profile.
YEARLY = ("gdp", "population", "internet_users", "income_groups")


# --- all states ------------------------------------------------------------------------------------


def world(scale_year: int = consumption.SCALE_YEAR, year: int = 2023) -> "World":
    """Give the figures of all states: those that this process has, or was forked with, if no table changed.

    Parameters
    ----------
    scale_year, year : int
        As in `World`.

    Returns
    -------
    World
    """
    return _world(scale_year, year, _state_of_tables())


@cache
def _world(scale_year: int, year: int, tables: object) -> "World":
    return World(scale_year, year)


def _state_of_tables() -> object:
    """Tell apart tables that may hold something else: other files, or the same ones written again."""
    files = sorted((data.root() / "data").rglob("*.*"))
    asked = [os.environ.get(name) for name in (data.TABLES_VARIABLE, altered.ALTERED_VARIABLE)]
    return (*asked, *((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files))


@dataclass(frozen=True, eq=False)
class World:
    """The figures of all member states that a profile sets one state beside, each read when it is asked for.

    Parameters
    ----------
    scale_year : int
        A year of the scale of assessments, which is the price.
    year : int
        Year of population, GDP, income and users; the latest of up to three years before stands in.
    """

    scale_year: int = consumption.SCALE_YEAR
    year: int = 2023

    @cached_property
    def states(self) -> pd.DataFrame:
        """The table of member states, by code."""
        return data.load("states").set_index("iso3")

    @cached_property
    def areas(self) -> pd.DataFrame:
        """The table of areas, by code: regions and development groups."""
        return data.load("areas").set_index("iso3")

    @cached_property
    def names(self) -> pd.Series:
        """Names of the member states as they stand within a sentence, such as ``the Gambia``."""
        names = states.names()
        return names.where(~names.index.isin(WITH_ARTICLE), "the " + names)

    @cached_property
    def short_names(self) -> pd.Series:
        """Names of the member states, short enough for a narrow table."""
        short = {"PRK": "DPR Korea", "LAO": "Lao PDR", "COD": "DR Congo", "VCT": "Saint Vincent"}
        names = states.names().str.replace(r"^United Republic of | of America$", "", regex=True)
        return names.where(~names.index.isin(short), names.index.map(short))

    @cached_property
    def figures(self) -> pd.DataFrame:
        """What `states.figures` has for the year."""
        return states.figures(self.year)

    @cached_property
    def recorded(self) -> pd.DataFrame:
        """The core cyber resolutions that were adopted by a recorded vote, the oldest first.

        By ``resolution``: ``date``, ``subject`` (from the title, short), ``mandate`` (the body or process
        that it set up, by the table ``tracks``; empty if none) and ``verified`` (yes or no).
        """
        listed = data.load("resolutions")
        listed = listed[listed["set"].eq("core") & listed["adoption"].eq("recorded vote")]
        listed = listed.sort_values(["date", "resolution"], kind="stable").set_index("resolution")
        tracks = data.load("tracks").dropna(subset=["mandate"]).drop_duplicates("mandate")

        def subject(title: str) -> str:
            return next((short for begin, short in SUBJECTS.items() if title.startswith(begin)), title)

        return pd.DataFrame(
            {
                "date": listed["date"],
                "subject": listed["title"].map(subject),
                "mandate": tracks.set_index("mandate")["short"].reindex(listed.index).fillna(""),
                "verified": listed["verified"],
            }
        )

    @cached_property
    def counted(self) -> list[str]:
        """The resolutions of `recorded` whose record was seen; the others enter no count."""
        return list(self.recorded.index[self.recorded["verified"].eq("yes")])

    @cached_property
    def ballots(self) -> pd.DataFrame:
        """Every member state's vote on every resolution of `recorded`: yes, no, abstain, not voting.

        By code and resolution; NaN where the record has no row for the state.
        """
        cast = data.load("votes").pivot(index="iso3", columns="resolution", values="vote")
        return cast.reindex(index=self.states.index, columns=self.recorded.index)

    @cached_property
    def tallies(self) -> dict[str, pd.DataFrame]:
        """Numbers of yes, no and abstain (rows) on each resolution, by regional group and ``all``."""
        is_so = {vote: self.ballots == vote for vote in VOTES}
        parts = {name: self.states["regional_group"].eq(name) for name in GROUPS}
        parts["all"] = self.states["regional_group"].notna()
        return {
            name: pd.DataFrame({vote: votes[part].sum() for vote, votes in is_so.items()}).T
            for name, part in parts.items()
        }

    @cached_property
    def usual(self) -> pd.DataFrame:
        """The most frequent vote by regional group and resolution; NaN where two are the most frequent."""
        found = {}
        for name, tally in self.tallies.items():
            most = tally.max()
            single = tally.eq(most).sum().eq(1) & most.gt(0)
            found[name] = tally.idxmax().where(single)
        return pd.DataFrame.from_dict(found, orient="index")

    @cached_property
    def agreement(self) -> voting.PairAgreement:
        """Agreement of every pair over all recorded votes of the Assembly; NaN with too few in common."""
        pairs = voting.agreement_from_pairs(data.load("pair_agreement"))
        return voting.PairAgreement(pairs.agreement.where(pairs.common.ge(LEAST_COMMON)), pairs.common)

    @cached_property
    def institutions(self) -> pd.DataFrame:
        """By institution: ``short``, ``name``, ``kind``, ``scope`` (cyber or general) and ``camp``."""
        listed = data.load("institutions").set_index("institution")[["short", "name", "kind"]]
        # What an institution is for is seen from its own text, whether or not a source was kept for the code.
        return listed.assign(
            scope=institutions.codes("scope", rows="all"), camp=institutions.codes("camp", rows="all")
        )

    @cached_property
    def memberships(self) -> pd.DataFrame:
        """The table of memberships, with what `institutions` has, and ``full``: party, member or endorser."""
        ties = data.load("memberships")
        ties = ties[ties["iso3"].isin(self.states.index)]
        full = ties["status"].isin(institutions.STANDINGS["full"])
        return ties.assign(full=full).merge(self.institutions, left_on="institution", right_index=True)

    @cached_property
    def contributions(self) -> pd.DataFrame:
        """Every state's share of the regular budget of the United Nations beside its share of GDP.

        By code: ``paid`` and ``gdp`` (shares from 0 to 1 of all states with a figure), ``ratio`` (paid over
        gdp), ``floor`` and ``ceiling`` (whether the rate is the lowest or the highest of the scale).
        """
        paid, gdp = consumption.paid(self.scale_year), self.figures["gdp"]
        frame = pd.DataFrame({"paid": paid, "gdp": gdp / gdp.sum()})
        edges = {"floor": paid.eq(paid.min()), "ceiling": paid.eq(paid.max())}
        return frame.assign(ratio=frame["paid"] / frame["gdp"], **edges)

    @cached_property
    def amounts(self) -> pd.DataFrame:
        """What `consumption.received` has for the year."""
        return consumption.received(year=self.year)

    @cached_property
    def shares(self) -> pd.DataFrame:
        """Every state's share, 0 to 1, of what all states have in each series; NaN without a figure."""
        return self.amounts.div(self.amounts.sum())

    @cached_property
    def incidents(self) -> dict[str, pd.DataFrame]:
        """By data set: ``received`` and ``initiated`` of every state over all years; 0 is none on record."""
        counted = data.load("incidents_by_state")
        sums = counted.groupby(["source", "iso3"])[["received", "initiated"]].sum()
        found = {
            name: pd.DataFrame(sums.loc[name]).reindex(self.states.index, fill_value=0)
            for name in INCIDENT_SOURCES
        }
        actors, victims = data.load("threat_actors"), data.load("threat_actor_victims")
        catalogue = {
            "received": victims.groupby("victim")["actor"].nunique(),
            "initiated": actors.groupby("suspected")["actor"].nunique(),
        }
        members = self.states.index
        found["misp_galaxy"] = pd.DataFrame(
            {name: column.reindex(members, fill_value=0) for name, column in catalogue.items()}
        )
        return found

    def check(self, iso3: str) -> str:
        """Give a code back if it is that of a member state.

        Raises
        ------
        BookError
            If it is not.
        """
        if iso3 not in self.states.index:
            raise BookError(f"{iso3!r} is no code of a member state of the United Nations, such as 'KEN'.")
        return iso3

    def group(self, iso3: str) -> str:
        """Give the regional group of a member state, as it stands within a sentence."""
        return GROUPS[str(self.states.at[self.check(iso3), "regional_group"])]


# --- who -------------------------------------------------------------------------------------------


def identity(world: World, iso3: str) -> pd.Series:
    """Give what a state is: its name, groups and size.

    Returns
    -------
    Series
        What `states.figures` has of the state, and ``name`` (the United Nations' form in full),
        ``permanent_member``, ``lldc``, ``sids`` (yes or no) and ``member_since`` (year).

    Raises
    ------
    BookError
        If the code is unknown, or a table has no figure within the years.
    """
    listed = world.states[["name", "permanent_member", "member_since"]]
    whole = world.figures.join(listed).join(world.areas[["lldc", "sids"]])
    return whole.T[world.check(iso3)]


# --- votes -----------------------------------------------------------------------------------------


def votes(world: World, iso3: str) -> pd.DataFrame:
    """Give how a state voted on the cyber resolutions, beside the Assembly and its regional group.

    Returns
    -------
    DataFrame
        What `World.recorded` has, and ``vote`` (NaN where the record has no row for the state);
        ``assembly`` and ``group``: numbers of yes, no and abstain, joined by en dashes; ``group_vote``: the
        most frequent vote of its regional group, the state itself included, NaN where two are the most
        frequent; ``apart``: whether the state voted, and not so.
    """
    group = str(world.states.at[world.check(iso3), "regional_group"])
    tallies = {name: world.tallies[name].astype(str).agg("–".join) for name in ("all", group)}
    vote, usual = world.ballots.T[iso3], world.usual.T[group]
    return world.recorded.assign(
        vote=vote,
        assembly=tallies["all"],
        group=tallies[group],
        group_vote=usual,
        apart=vote.isin(VOTES) & usual.notna() & vote.ne(usual),
    )


def neighbours(world: World, iso3: str, number: int = 5) -> pd.DataFrame:
    """Give the states that vote most and least alike with one, over all recorded votes of the Assembly.

    Parameters
    ----------
    world : World
    iso3 : str
        Code of a member state.
    number : int
        How many of each, 1 or more.

    Returns
    -------
    DataFrame
        By code: ``side`` (nearest or farthest), ``agreement`` (0 to 1, over all votes, an abstention
        half agrees), ``common`` (votes, at least `LEAST_COMMON`), ``cyber`` (the same over the cyber
        resolutions that count; NaN without one in common) and ``cyber_common`` (votes). The nearest come
        first, from the nearest on; then the farthest, from the farthest on. Fewer rows if fewer pairs have
        enough votes in common, and none if none has.

    Raises
    ------
    BookError
        If the code is unknown or the number below 1.
    """
    if number < 1:
        raise BookError(f"Neighbours are 1 or more, not {number}.")
    pairs = world.agreement
    near = pd.DataFrame({"agreement": pairs.agreement[world.check(iso3)], "common": pairs.common[iso3]})
    near = near.drop(iso3).dropna().sort_values("agreement", ascending=False, kind="stable")
    nearest = near.head(number)
    farthest = near.iloc[len(nearest) :].tail(number)[::-1]
    found = pd.concat([nearest.assign(side="nearest"), farthest.assign(side="farthest")])
    cast = world.ballots.loc[[*found.index, iso3], world.counted]
    worth = (cast == "yes") * 1.0 + (cast == "abstain") * 0.5
    worth = worth.where(cast.isin(VOTES))
    alike = 1 - worth.loc[found.index].sub(worth.loc[iso3]).abs()
    return found.assign(cyber=alike.mean(axis=1), cyber_common=alike.notna().sum(axis=1))


def positions(world: World, iso3: str) -> pd.DataFrame:
    """Give a state's ideal point year by year, beside the median of its regional group.

    Returns
    -------
    DataFrame
        By year: ``ideal_point``, ``low`` and ``high`` (5 % and 95 % quantile) and ``group`` (median of the
        members of the regional group); empty where the source has none for the state.
    """
    points, groups = data.load("ideal_points"), world.states["regional_group"]
    others = points[points["iso3"].map(groups).eq(groups[world.check(iso3)])]
    own = points[points["iso3"].eq(iso3)].set_index("year")[["ideal_point", "low", "high"]]
    return own.assign(group=others.groupby("year")["ideal_point"].median())


# --- memberships -----------------------------------------------------------------------------------


def memberships(world: World, iso3: str) -> pd.DataFrame:
    """Give the standing of a state in every institution in which the table has it.

    Returns
    -------
    DataFrame
        One row a membership, sorted by kind and name: ``institution``, ``short``, ``name``, ``kind``,
        ``scope`` (cyber or general), ``camp`` (like-minded, sovereignty or neither), ``status``, ``since``
        (year, empty where it is not known), ``full`` (whether the state is party, member or endorser) and
        ``verified`` (yes or no).
    """
    own = world.memberships
    own = own[own["iso3"].eq(world.check(iso3))]
    begun = own["since"].fillna(own["in_force"]).fillna(own["ratified"]).fillna(own["signed"])
    own = own.assign(since=begun.str[:4].fillna(""), order=own["kind"].map(KINDS.index))
    columns = ["institution", "short", "name", "kind", "scope", "camp", "status", "since", "full", "verified"]
    return own.sort_values(["order", "short"], kind="stable")[columns].reset_index(drop=True)


def seats(world: World, iso3: str) -> pd.DataFrame:
    """Give the groups of governmental experts, and whether a state had a seat in each.

    Returns
    -------
    DataFrame
        By group (the year in which it began): ``last_year``, ``seats`` (in all), ``list`` (whole or in
        part: how much of the membership was seen) and ``seat``: yes or no where the list was seen whole;
        where it was seen in part ``yes`` for a row that was seen, ``reported`` for one that was not, and
        ``not listed``.
    """
    groups, members = data.load("expert_groups").set_index("group"), data.load("expert_group_members")
    own = members[members["iso3"].eq(world.check(iso3))].set_index("group")["verified"]
    seat = own.reindex(groups.index).map({"yes": "yes", "no": "reported"})
    seat = seat.fillna(groups["members_seen"].map({"whole": "no", "in part": "not listed"}))
    return groups[["last_year", "seats"]].assign(list=groups["members_seen"], seat=seat)


# --- price and receipts ----------------------------------------------------------------------------


def first_dues() -> float:
    """Give the yearly membership of one response team in FIRST, in US dollars, as last seen."""
    return float(_fee("Full membership")["amount"])


def _fee(item: str) -> pd.Series:
    fees = data.load("fees")
    fees = fees[fees["stage"].eq("in force") & fees["item"].eq(item)]
    # Undated pages are the latest that were seen.
    return fees.sort_values("year", na_position="last", kind="stable").iloc[-1]


def fees(world: World, iso3: str) -> pd.DataFrame:
    """Give flat fees of cyber and Internet governance, beside a state's GDP per head.

    The newest amount in force of each of three: the lowest class of contribution to the ITU that is open
    to the state, a response team's yearly membership of FIRST, and the evaluation of a new generic
    top-level domain. Francs and dollars are taken at par.

    Returns
    -------
    DataFrame
        ``organisation``, ``item``, ``charged``, ``amount`` (units of the currency), ``currency``,
        ``years_of_income`` (the amount in years of GDP per head; NaN without a figure of income).
    """
    income = world.figures["income"][world.check(iso3)]
    ldc = world.figures["ldc"][iso3]
    classes = data.load("itu_classes").set_index("class")["units"]
    lowest = classes[classes.index.str.startswith("lowest class")]
    (units,) = lowest[lowest.index.str.contains("least developed") == (ldc == "yes")]
    wanted = {
        "Contributory unit of a Member State": "lowest class of contribution open to it",
        "Full membership": "membership of one response team",
        "Evaluation of a new generic top-level domain": "evaluation of a new top-level domain",
    }
    rows = []
    for item, words in wanted.items():
        one = _fee(item)
        amount = one["amount"] * (units if one["organisation"] == "ITU" else 1.0)
        rows.append((one["organisation"], words, one["charged"], amount, one["currency"], amount / income))
    return pd.DataFrame(
        rows, columns=["organisation", "item", "charged", "amount", "currency", "years_of_income"]
    )


def received(world: World, iso3: str) -> pd.DataFrame:
    """Give what a state receives in each series, beside what it pays.

    Returns
    -------
    DataFrame
        By series, and a last row ``mean of the shares``: ``what`` is counted, ``amount`` (NaN in the last
        row), ``share`` (0 to 1), ``ratio`` (share received over share paid), ``rank`` among the states with
        a figure (1 has the largest share; equals have the best rank of them) and ``ranked`` (their number).
        All NaN but the number where the figure is missing.
    """
    whole = world.shares.assign(**{"mean of the shares": world.shares.mean(axis=1)})
    own, paid = whole.T[world.check(iso3)], float(world.contributions["paid"][iso3])
    return pd.DataFrame(
        {
            "what": pd.Series(consumption.SERIES),
            "amount": world.amounts.T[iso3],
            "share": own,
            "ratio": own / paid,
            "rank": whole.rank(ascending=False, method="min").T[iso3],
            "ranked": whole.notna().sum(),
        }
    ).reindex([*consumption.SERIES, "mean of the shares"])


# --- incidents -------------------------------------------------------------------------------------


def incidents(world: World, iso3: str) -> pd.DataFrame:
    """Give the incidents on record of a state, one row a data set: they overlap and are never added up.

    Returns
    -------
    DataFrame
        By data set, the last row for the MISP catalogue of threat actors: ``what``, ``first_year`` and
        ``last_year`` of the data set (missing for the catalogue, which has no years), ``received``,
        ``initiated`` (incidents said to come from the state, or actors suspected to act from or for it),
        ``rank`` by what was received among all member states (1 has the most; missing without any) and
        ``share`` of what all member states received (0 to 1). 0 means nothing on record.
    """
    span = data.load("incidents_by_state").groupby("source")["year"].agg(["min", "max"])
    rows = []
    for source, of_all in world.incidents.items():
        own = of_all.loc[world.check(iso3)]
        rows.append(
            {
                "source": source,
                "what": INCIDENT_SOURCES.get(source, "MISP: threat actors with a name"),
                "first_year": span["min"].get(source),
                "last_year": span["max"].get(source),
                "received": own["received"],
                "initiated": own["initiated"],
                "rank": of_all["received"].gt(own["received"]).sum() + 1 if own["received"] else None,
                "share": own["received"] / of_all["received"].sum(),
            }
        )
    whole = ("first_year", "last_year", "received", "initiated", "rank")
    return pd.DataFrame(rows).set_index("source").astype(dict.fromkeys(whole, "Int64"))


# --- what is missing -------------------------------------------------------------------------------


def tables_of_states() -> list[str]:
    """Name the tables that say what it means that a state has no row."""
    return [
        name
        for name, resource in data.descriptors().items()
        if resource.get("absent", "") in codebook.ABSENT and "iso3" in data.state_columns(name)
    ]


def gaps(world: World, iso3: str) -> pd.DataFrame:
    """Name what the tables do not have of a state, and what that means.

    Returns
    -------
    DataFrame
        One row a gap: ``table``, ``title``, ``kind`` (missing, zero or unrecorded, as the package's
        descriptor has it; ``not in the record`` for votes, ``older`` for a figure of an earlier year) and
        ``says``: one sentence on what the absence means.
    """
    rows: list[tuple[str, str, str, str]] = []
    world.check(iso3)
    for name in tables_of_states():
        resource, own = data.descriptor(name), data.load(name)
        own = own[own["iso3"].eq(iso3)]
        if own.empty:
            meaning = resource["absent"]
            rows.append((name, resource["title"], meaning, codebook.ABSENT[meaning]))
        elif name in YEARLY:
            latest = own.loc[own["year"].le(world.year), "year"].max()
            if pd.isna(latest) or latest < world.year:
                old = pd.isna(latest) or latest < world.year - states.YEARS_BACK
                use = "too old to stand in" if old else f"it stands in for {world.year}"
                kind = "missing" if old else "older"
                rows.append((name, resource["title"], kind, f"The latest figure is of {latest}; {use}."))
    cast = world.ballots.T[iso3]
    for resolution in cast.index[cast.isna()]:
        says = "The record has no row for the state."
        rows.append(("votes", f"Vote on {resolution}", "not in the record", says))
    return pd.DataFrame(rows, columns=["table", "title", "kind", "says"])
