"""`python -m tests.benchmarks`: issue and call-next, through the API and through less.

Two others measure something else: `python -m tests.benchmarks history` a long log taken in and a year asked
for; `python -m tests.benchmarks reports` what each report takes of a year.

Three ways to the same scripts on the same engine, one after the other in every round, so that noise
falls on all alike: the script alone (one connection, a pipeline as deep as the others have
connections), a bare ASGI function that runs it, and the product. A ratio is the median over the
rounds of that round's ratio to the bare function. The last rows are the product on an engine that
syncs once a second instead of before every answer.
"""

import argparse
import asyncio
import json
import secrets
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from queue_service.embedded import Embedded
from tests.benchmarks import history, reports
from tests.benchmarks.load import Result
from tests.benchmarks.stage import DESKS, Alone, Bare, Product, Variant, learn

Row = tuple[str, str, int]  # variant, operation, connections


async def rounds(variants: list[Variant], count: int, seconds: float) -> dict[Row, list[Result]]:
    """Measure every variant in every round, each operation at one and at 32 connections."""
    found: dict[Row, list[Result]] = {}
    for number in range(count):
        for operation in ("issue", "issue, done and call next"):
            for connections in (1, DESKS):
                for variant in variants:
                    measure: Callable[..., Awaitable[Result]] = variant.measure
                    result = await measure(operation != "issue", connections, seconds)
                    found.setdefault((variant.name, operation, connections), []).append(result)
        print(f"round {number + 1} of {count}", flush=True)
    return found


def table(found: dict[Row, list[Result]], reference: str) -> list[str]:
    """The medians, as rows of a Markdown table."""
    lines = [
        "| operation | connections | | per second | p50 ms | p99 ms | ratio |",
        "|---|--:|---|--:|--:|--:|--:|",
    ]
    for (name, operation, connections), results in sorted(found.items(), key=lambda it: it[0][1:]):
        base = found[reference, operation, connections]
        ratio = statistics.median(r.per_s / b.per_s for r, b in zip(results, base, strict=True))
        per_s, p50, p99 = (
            statistics.median(getattr(r, field) for r in results)
            for field in Result.__struct_fields__
        )
        lines.append(
            f"| {operation} | {connections} | {name} | {per_s:,.0f} | {p50:.2f} | {p99:.2f} | {ratio:.2f} |"
        )
    return lines


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each measurement")
    parser.add_argument("--json", type=Path, help="write every measurement to this file")
    others = parser.add_subparsers(dest="other")
    history.add_to(others.add_parser("history", description=history.__doc__))
    others.add_parser("reports", description=reports.__doc__)
    args = parser.parse_args()
    if args.other == "history":
        history.run(args.tickets)
        return
    if args.other == "reports":
        reports.run()
        return
    key = secrets.token_hex(16)
    with (
        tempfile.TemporaryDirectory() as always,
        tempfile.TemporaryDirectory() as everysec,
        Embedded(Path(always)) as safe,
        Embedded(Path(everysec), durability="everysec") as fast,
    ):
        commands = asyncio.run(learn(safe.url))
        asyncio.run(learn(fast.url))
        with (
            Bare(safe.url, commands) as bare,
            Product("madoguchi", safe.url, key, Path(always)) as product,
            Product("madoguchi, synced each second", fast.url, key, Path(everysec)) as relaxed,
        ):
            alone = Alone(safe.url, commands)
            found = asyncio.run(rounds([alone, bare, product, relaxed], args.rounds, args.seconds))
    print("\n".join(table(found, bare.name)))
    if args.json:
        named = {" / ".join(map(str, row)): [vars_of(r) for r in rs] for row, rs in found.items()}
        args.json.write_text(json.dumps(named, indent=1), "utf-8")


def vars_of(result: Result) -> dict[str, float]:
    """A measurement as plain JSON."""
    return {name: getattr(result, name) for name in Result.__struct_fields__}


if __name__ == "__main__":
    main()
