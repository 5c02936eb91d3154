"""What README says of torchviz and TorchLens, which draw, and leave the rest to PyTorch."""

import importlib
import math
import shutil

import pytest
from peers.looking import NO_GRAPHVIZ, definitions, lacks, prints

TORCH = "import torch; x = torch.tensor(2.0, requires_grad=True); z = x * x + x.sin()\n"


def by_torch_a_program(_):
    import torch
    from torch.fx.experimental.proxy_tensor import make_fx

    program = make_fx(torch.func.grad(lambda x: x**3))(torch.tensor(2.0))
    return "mul" in program.code and math.isclose(torch.func.grad(program)(torch.tensor(2.0)).item(), 12.0)


def by_torch_differences(_):
    import torch

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx, cotangent):
            return cotangent * 2 * ctx.saved_tensors[0] * (1 + 1e-6)

    return torch.autograd.gradcheck(Wrong.apply, torch.ones(2, dtype=torch.float64, requires_grad=True))


def by_torch_training(_):
    import torch

    net = torch.nn.Linear(1, 1)
    torch.optim.SGD(net.parameters(), lr=0.1).step()
    return True


BY_TORCH = {
    "derivation by hand, line by line": None,
    "gradient is a program to read and differentiate again": by_torch_a_program,
    "verdict on a claimed gradient": by_torch_differences,
    "trains networks": by_torch_training,
    "loops and branches on data": lambda _: prints(
        f"{TORCH}y = x\nwhile y < 9: y = y * x\ny.backward(); print(x.grad)", "32."
    ),
    "GPU": lambda _: hasattr(importlib.import_module("torch"), "cuda"),
}


def torchviz_draws(_):
    import torch
    import torchviz

    x = torch.tensor(0.123456, requires_grad=True)
    source = str(torchviz.make_dot(x * x + x.sin(), params={"x": x}))
    return "MulBackward0" in source and "0.1234" not in source


TORCHVIZ = BY_TORCH | {
    "draws a graph": torchviz_draws,
    "draws without a system's Graphviz": lambda _: prints(
        f"{TORCH}import torchviz\ntorchviz.make_dot(z).render('/tmp/z')", "ExecutableNotFound", NO_GRAPHVIZ
    ),
    "film of backpropagation": lambda _: lacks("torchviz", "film", "anim", "gif"),
    "derivation by hand, line by line": lambda _: lacks("torchviz", "deriv", "explain"),
    "code that runs without the library": lambda _: lacks("torchviz", "compil", "export", "emit"),
}
LENS = """
import torch, torchlens as tl
log = tl.trace(torch.nn.Linear(2, 1), torch.full((1, 2), 0.123456), capture=tl.options.CaptureOptions(save_grads=True))
"""


def torchlens_draws(folder):
    if shutil.which("dot") is None:
        pytest.skip("no system's Graphviz")
    drawn = folder / "lens"
    program = f"{LENS}log.draw(vis_outpath={str(drawn)!r}, vis_fileformat='svg'); print(log['input_1'].out)"
    values = prints(program, "0.123")
    picture = drawn.with_suffix(".svg").read_text(encoding="utf-8")
    return values and "(1, 2)" in picture and "0.123" not in picture


TORCHLENS = BY_TORCH | {
    "draws a graph": torchlens_draws,
    "draws without a system's Graphviz": lambda folder: prints(
        f"{LENS}log.draw(vis_outpath={str(folder / 'lens')!r})", "raphviz", NO_GRAPHVIZ
    ),
    "film of backpropagation": lambda _: {n for n in definitions("torchlens") if "anim" in n} == {"animate_ops"},
    "derivation by hand, line by line": lambda _: lacks("torchlens", "chain_rule", "by_hand"),
    "code that runs without the library": lambda _: lacks("torchlens", "codegen", "standalone"),
}
