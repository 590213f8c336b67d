"""The state diagram of a ticket, drawn from `tickets.MOVES` so that the picture cannot lie.

`python -m tests.state_diagram` writes it into the internals page; a test fails when it is stale.
"""

from pathlib import Path

from queue_service.tickets import ENDED, MOVES, State

PAGE = Path(__file__).parents[1] / "queue_service" / "scripts" / "README.md"
BEGIN, END = "<!-- state diagram: begin -->", "<!-- state diagram: end -->"


def diagram() -> str:
    """The moves that change a state, as a Mermaid diagram."""
    lines = [
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> waiting: issue",
        "    [*] --> booked: issue",
    ]
    arrows: dict[tuple[State, State], list[str]] = {}
    for move, rule in MOVES.items():
        for source in rule.sources:
            for target in rule.targets:
                arrows.setdefault((source, target), []).append(move)
    order = list(State)
    for source, target in sorted(arrows, key=lambda arrow: [order.index(end) for end in arrow]):
        moves = ", ".join(arrows[source, target])
        lines.append(f"    {source} --> {target}: {moves}")
    lines += [f"    {state} --> [*]" for state in order if state in ENDED]
    staying = ", ".join(move for move, rule in MOVES.items() if not rule.targets)
    return "\n".join([*lines, "```", "", f"The state stays the same on: {staying}."])


def page() -> tuple[str, str]:
    """The page as it is, and as it should be."""
    text = PAGE.read_text("utf-8")
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    return text, f"{head}{BEGIN}\n{diagram()}\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page()[1], "utf-8")
