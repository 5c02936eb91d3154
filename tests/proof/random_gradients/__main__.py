"""All of it: PYTHONPATH=tests python -m proof.random_gradients --wrong 20000 --right 5000."""

import argparse
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from proof.random_gradients.judged import Tally, judge_right, judge_wrong

CHUNK = 50


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", type=int, default=20_000)
    parser.add_argument("--right", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    with ProcessPoolExecutor(given.processes) as pool:
        for title, judge, count in (("wrong", judge_wrong, given.wrong), ("right", judge_right, given.right)):
            seeds = range(given.seed, given.seed + -(-count // CHUNK))
            told = Tally()
            for tally in pool.map(judge, seeds, [CHUNK] * len(seeds)):
                told += tally
                for fault in tally.faults:
                    print(fault, flush=True)
            kinds = Counter()
            for (_, said), n in told.counts.items():
                kinds[said] += n
            print(f"{told.counts.total()} {title}:", dict(kinds), flush=True)
            for (kind, said), n in sorted(told.counts.items()):
                print(f"  {kind:24} {said:24} {n}")


if __name__ == "__main__":
    main()
