"""Make the sample data of `tusk demo`: the ferries of an archipelago that does not exist.

    python tools/make_demo_data.py [FOLDER]

The same files come out each time: everything random has a fixed seed.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
import random
import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SEED = 1857
FIRST_DAY = dt.date(2025, 1, 1)
DAYS = 365
DEFAULT_FOLDER = Path(__file__).resolve().parent.parent / "src" / "tusk" / "demo"


@dataclass(frozen=True)
class Port:
    """A harbour. `note` is often missing."""

    id: int
    name: str
    island: str
    latitude: Decimal
    longitude: Decimal
    berths: int
    opened: dt.date
    note: str | None = None


@dataclass(frozen=True)
class Ship:
    """A ferry. `retired` is None while it sails."""

    id: int
    name: str
    built: int
    passengers: int
    cars: int
    length_m: Decimal
    speed_kn: Decimal
    retired: dt.date | None = None


def port(
    number: int,
    name: str,
    island: str,
    place: str,
    berths: int,
    opened: str,
    note: str | None = None,
) -> Port:
    """A port from the plain texts of the table below."""
    latitude, longitude = (Decimal(part) for part in place.split())
    return Port(
        number, name, island, latitude, longitude, berths, dt.date.fromisoformat(opened), note
    )


PORTS = [
    port(
        1, "Port Mara", "Great Skerry", "58.4120 -14.2050", 6, "1857-05-02", "seat of the company"
    ),
    port(2, "Lindö", "Great Skerry", "58.5310 -14.0480", 2, "1874-08-19"),
    port(3, "Św. Brendan", "Brendan", "58.2975 -14.6120", 3, "1891-04-01", "swell in north winds"),
    port(4, "Ñandú Bay", "Brendan", "58.2210 -14.7390", 1, "1926-07-14"),
    port(5, "Håkonsvik", "Vester", "58.7045 -14.9020", 4, "1903-11-30"),
    port(6, "Çelik Point", "Vester", "58.7720 -15.0310", 2, "1968-03-08", "freight only in winter"),
    port(7, "潮見 (Shiomi)", "Little Skerry", "58.4660 -13.8840", 2, "1999-10-10"),
    port(8, "Ælfric's Landing", "Orme", "58.0530 -14.3260", 2, "1911-06-05"),
    port(9, "Ormemouth", "Orme", "57.9890 -14.2115", 3, "1886-09-23", 'locals say "the Mouth"'),
    port(
        10, "Far Light", "Far Light", "59.0450 -15.4600", 1, "1948-12-24", "tide-bound; no shelter"
    ),
]

SHIPS = [
    Ship(1, "Mara", 1988, 180, 24, Decimal("58.5"), Decimal("13.5"), dt.date(2025, 9, 30)),
    Ship(2, "Tern", 2004, 240, 36, Decimal("71.2"), Decimal("15.0")),
    Ship(3, "Grey Seal", 2011, 420, 78, Decimal("96.0"), Decimal("17.5")),
    Ship(4, "Ægir", 2016, 300, 52, Decimal("84.4"), Decimal("16.0")),
    Ship(5, "Eider", 1996, 95, 8, Decimal("33.9"), Decimal("12.0")),
    Ship(6, "Blåhval", 2023, 560, 110, Decimal("124.7"), Decimal("19.0")),
]

# From, to, ships that serve it, sailings a day each way in summer.
ROUTES = [
    (1, 2, (2, 5), 4),
    (1, 3, (3, 4), 3),
    (1, 5, (6, 3), 2),
    (1, 7, (5, 2), 3),
    (1, 9, (4, 6), 2),
    (3, 4, (5, 1), 2),
    (5, 6, (1, 2), 2),
    (8, 9, (1, 5), 2),
    (5, 10, (2, 4), 1),
]

REMARKS = [
    "fog in the sound",
    "engine checked in port",
    "waited for the doctor 🚑",
    "school trip on board",
    "rough sea; café closed",
    "sheep on the ramp 🐑",
    "medical transport — no charge",
    "short of crew",
]


def distance_nm(a: Port, b: Port) -> float:
    """Great-circle distance in nautical miles."""
    lat1, lon1, lat2, lon2 = (
        math.radians(float(v)) for v in (a.latitude, a.longitude, b.latitude, b.longitude)
    )
    half = math.sin((lat2 - lat1) / 2) ** 2
    half += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 3440.065 * math.asin(math.sqrt(half))


def wind_of_year(source: random.Random) -> list[float]:
    """Wind for each day in m/s: stormier in winter, and from day to day not too different."""
    wind, days = 8.0, []
    for day in range(DAYS):
        season = 8.5 + 3.5 * math.cos(2 * math.pi * (day - 15) / 365)
        wind = max(0.0, wind + 0.45 * (season - wind) + source.gauss(0, 3.0))
        days.append(round(wind, 1))
    return days


def crossings(source: random.Random) -> list[dict[str, object]]:
    """A year of sailings."""
    ports = {p.id: p for p in PORTS}
    ships = {s.id: s for s in SHIPS}
    wind = wind_of_year(source)
    rows: list[dict[str, object]] = []
    for day in range(DAYS):
        date = FIRST_DAY + dt.timedelta(days=day)
        season = 0.5 - 0.5 * math.cos(2 * math.pi * (day - 10) / 365)
        for start, end, candidates, sailings in ROUTES:
            count = max(1, round(sailings * (0.45 + 0.55 * season)))
            for number in range(count):
                for origin, target in ((start, end), (end, start)):
                    able = [s for s in candidates if (r := ships[s].retired) is None or date <= r]
                    ship = ships[able[(day + number) % len(able)]]
                    hour = 6.5 + 13.0 * (number + 0.5 * (origin != start)) / count
                    rows.append(
                        crossing(
                            source,
                            date,
                            hour,
                            ports[origin],
                            ports[target],
                            ship,
                            wind[day],
                            season,
                        )
                    )
    rows.sort(key=lambda row: (row["departed"], row["ship_id"]))
    return [{"id": number, **row} for number, row in enumerate(rows, start=1)]


def crossing(
    source: random.Random,
    date: dt.date,
    hour: float,
    origin: Port,
    target: Port,
    ship: Ship,
    wind: float,
    season: float,
) -> dict[str, object]:
    """One sailing: weather, load, delay, takings."""
    departed = dt.datetime.combine(date, dt.time()) + dt.timedelta(minutes=5 * round(hour * 12))
    miles = distance_nm(origin, target)
    weekend = 1.35 if date.weekday() >= 4 else 1.0
    is_cancelled = wind > 17.5 - (3.0 if target.id == 10 or origin.id == 10 else 0.0) and (
        source.random() < 0.8
    )
    load = min(1.0, max(0.02, source.gauss(0.18 + 0.45 * season, 0.14) * weekend))
    passengers = 0 if is_cancelled else round(ship.passengers * load)
    cars = 0 if is_cancelled else min(ship.cars, round(passengers * source.uniform(0.12, 0.26)))
    delay = max(-4, round(source.gauss(0.9, 3.0) + max(0.0, wind - 9.0) * 2.1))
    minutes = round(miles / float(ship.speed_kn) * 60) + delay
    fare = Decimal("2.40") + Decimal(round(miles * 42)) / 100
    return {
        "ship_id": ship.id,
        "from_port": origin.id,
        "to_port": target.id,
        "departed": departed,
        "arrived": None if is_cancelled else departed + dt.timedelta(minutes=minutes),
        "passengers": passengers,
        "cars": cars,
        "takings": fare * passengers + Decimal("9.50") * cars,
        "wind_ms": Decimal(str(wind)),
        "delay_min": None if is_cancelled else delay,
        "remark": source.choice(REMARKS) if source.random() < 0.03 else None,
    }


CROSSING_SCHEMA = pa.schema(
    [
        ("id", pa.int32()),
        ("ship_id", pa.int16()),
        ("from_port", pa.int16()),
        ("to_port", pa.int16()),
        ("departed", pa.timestamp("s")),
        ("arrived", pa.timestamp("s")),
        ("passengers", pa.int16()),
        ("cars", pa.int16()),
        ("takings", pa.decimal128(9, 2)),
        ("wind_ms", pa.decimal128(4, 1)),
        ("delay_min", pa.int16()),
        ("remark", pa.string()),
    ]
)


def port_table() -> pa.Table:
    """The harbours."""
    schema = pa.schema(
        [
            ("id", pa.int16()),
            ("name", pa.string()),
            ("island", pa.string()),
            ("latitude", pa.decimal128(7, 4)),
            ("longitude", pa.decimal128(7, 4)),
            ("berths", pa.int16()),
            ("opened", pa.date32()),
            ("note", pa.string()),
        ]
    )
    return pa.Table.from_pylist([vars(p) for p in PORTS], schema)


def write_ships(path: Path) -> None:
    """The ships, as CSV with an empty field for what is missing."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(vars(SHIPS[0])), lineterminator="\n")
        writer.writeheader()
        writer.writerows(vars(ship) for ship in SHIPS)


def main(folder: Path) -> None:
    """Write all files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = crossings(random.Random(SEED))
    table = pa.Table.from_pylist(rows, CROSSING_SCHEMA)
    pq.write_table(table, folder / "crossings.parquet", compression="zstd", compression_level=19)
    pq.write_table(port_table(), folder / "ports.parquet", compression="zstd")
    write_ships(folder / "ships.csv")
    for path in sorted(folder.glob("*.*")):
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER)
