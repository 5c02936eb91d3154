"""How a number stands beside its goal, and who is not there to be measured."""

import importlib


def peer(name):
    """Give a package, or None, and say so, where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"  skipped  {name} is not installed")
        return None


def goal(said, value, limit):
    """Print one line of the goals' table: a value that should be small."""
    print(f"  {'reached' if value <= limit else 'MISSED '}  {said}: {value:.3g}, at most {limit:.3g}")


def at_least(said, value, limit):
    """The same of a value that should be large."""
    print(f"  {'reached' if value >= limit else 'MISSED '}  {said}: {value:.4g}, at least {limit:.4g}")


def shown(seconds):
    """A time in a unit that fits."""
    for unit, size in (("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3)):
        if seconds < 1000 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
