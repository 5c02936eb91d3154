"""The stage: how long layout takes for its size."""

import time

import report

from graphgrad.render.layout.arrange import arrange
from graphgrad.render.layout.places import Edge, Problem, Size


def chain(count):
    """Sine, times c, and again."""
    sizes, edges = {0: Size(50, 60), 1: Size(50, 60)}, []
    for k in range(2, 2 * count + 2, 2):
        sizes |= {k: Size(120, 60), k + 1: Size(120, 60)}
        edges += [Edge(max(k - 1, 0) if k > 2 else 0, k, Size(60, 18)), Edge(k, k + 1, None), Edge(1, k + 1, None)]
    return Problem(sizes, edges)


def layouts():
    taken = {}
    for count, limit in ((150, 1.0), (5000, 5.0)):
        start = time.process_time()
        arrange(chain(count))
        taken[count] = time.process_time() - start
        report.goal(f"seconds of computing to lay {2 * count + 2} nodes out", taken[count], limit)
    report.goal("times the time for 33 times the nodes", taken[5000] / taken[150], 66)


if __name__ == "__main__":
    layouts()
