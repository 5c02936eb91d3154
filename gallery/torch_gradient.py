"""Gradients that PyTorch computes, against fifty digits: its own agrees, one with a detached factor is refuted."""

from pathlib import Path

import torch

import graphgrad as gg

said = ""
for product in (lambda x: x * torch.sin(x), lambda x: x.detach() * torch.sin(x)):
    slope = torch.func.grad(product)
    code = lambda x, slope=slope: slope(torch.tensor(float(x), dtype=float)).item()  # noqa: E731
    said += str(gg.verify_function("x*sin(x)", code, x=1.0)).split("\n")[1] + "\n"
Path("torch_gradient.txt").write_text(said, encoding="utf-8")
