"""Numbers that are counted rather than timed: the tests that count them are run here, one after another.

Each line is a goal, the test that shows it, and how long that took.
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAWS = {  # what is counted: the test that counts it
    "hostile texts are refused within a second": "frontend/test_errors.py::test_hostile_text_is_refused",
    "a gradient of + - * / @ costs at most 4 forward passes":
        "transform/test_cost.py::test_a_gradient_of_sums_and_products_costs_at_most_four_forward_passes",
    "that of every MLP loss too": "transform/test_cost.py::test_every_mlp_loss_stays_within_four",
    "200 random films: no node moves, no label meets another":
        "render/test_geometry.py::test_two_hundred_random_graphs",
    "300 random films: every number is sympy's":
        "render/test_numbers.py::test_every_number_of_three_hundred_films_is_sympys",
    "495 of 500 formulas of sympy's printer are typeset": "render/test_typeset.py::test_what_sympy_prints_is_typeset",
    "20 hash seeds, the same bytes": "render/test_formats.py::test_twenty_hash_seeds_give_the_same_bytes",
    "2000 wrong gradients: none believed, 99 % refuted":
        "proof/test_corpora.py::test_no_wrong_gradient_is_believed",
    "right gradients in disguise: none refuted, 95 % proved": "proof/test_corpora.py::test_no_disguise_is_doubted",
    "100 kinks raise no alarm": "proof/test_corpora.py::test_kinks_raise_no_alarm",
    "optimizers follow torch.optim to 1e-6 for 200 steps": "learn/test_optimizers.py::test_agrees_with_torch",
    "XOR is learned for 9 of 10 seeds": "learn/test_lecture.py::test_a_hidden_layer_learns_xor_for_nine_of_ten_seeds",
    "several devices learn as one does, to 1e-5": "learn/test_devices.py::test_four_devices_learn_like_one",
    "1000 epochs leave memory as it was": "learn/test_loop.py::test_memory_stays_flat",
}  # fmt: skip


def verdict(test):
    """Reached, MISSED, or skipped; and the seconds it took."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-m", "slow or not slow", f"tests/{test}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    last = done.stdout.splitlines()[-1] if done.stdout else ""
    word = "MISSED " if done.returncode else "reached" if " passed" in f" {last}" else "skipped"
    return word, time.perf_counter() - start


if __name__ == "__main__":
    for law, test in LAWS.items():
        word, taken = verdict(test)
        print(f"  {word}  {law} ({taken:.1f} s)", flush=True)
