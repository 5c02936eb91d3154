"""graphgrad train and predict, as they are called."""

import contextlib
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from graphgrad.learn.models.model import load

MAIN = "from graphgrad.cli.main import main; main()"


def graphgrad(line, *more, folder, code=0):
    command = [sys.executable, "-W", "error::UserWarning", "-c", MAIN, *line.split(), *map(str, more)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if not code else done.stderr


def test_xor_from_training_to_prediction(tmp_path):
    said = graphgrad(
        "train xor --layers 2,4,1 --activation tanh --loss squared_error --optimizer sgd --lr 0.1 --steps 100000"
        " --seed 0 --save model.safetensors --history history.csv",
        folder=tmp_path,
    )
    running = [float(line.split()[-1]) for line in said.splitlines() if "mean error so far" in line]
    assert len(running) == 10
    assert running == sorted(running, reverse=True)
    assert running[-1] < 0.003
    assert "0.0000 1.0000 -> 1.0000   (wanted 1.0000)" in said
    (tmp_path / "data.csv").write_text("x1,x2\n0,0\n0,1\n1,0\n1,1\n")
    found = json.loads(graphgrad("predict model.safetensors data.csv --json", folder=tmp_path))
    np.testing.assert_allclose(found["predictions"], [[0], [1], [1], [0]], atol=5e-4)
    (tmp_path / "bare.csv").write_text("0,0\n0,1\n")
    assert graphgrad("predict model.safetensors bare.csv", folder=tmp_path).splitlines() == [
        str(row[0]) for row in found["predictions"][:2]
    ]
    assert (tmp_path / "history.csv").read_text().count("\n") == 101


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_on_a_terminal_the_bar_leaves_whole_lines(tmp_path):
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", MAIN, *["train", "xor", "--steps", "10000"]]
    done = subprocess.Popen(command, cwd=tmp_path, stdout=theirs, stderr=theirs, env={**os.environ, "COLUMNS": "80"})
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):  # the end of a terminal that nobody holds any more
        while part := os.read(ours, 65536):
            said += part
    os.close(ours)
    assert done.wait(60) == 0
    shown = [line.rpartition("\x1b[2K")[2].rpartition("\r")[2] for line in said.decode().split("\r\n")]
    lines = [line for line in shown if "mean error so far" in line]
    assert len(lines) == 10
    assert all(re.fullmatch(r" +\d+ steps   mean error so far [\d.]+", line) for line in lines)
    assert "%" in said.decode()
    assert "examples/s" in shown[-4]
    assert shown[-2].startswith("to keep the model")


def flowers(path, rows=60):
    generator = np.random.default_rng(0)
    lines = ["length,width,kind"]
    for i in range(rows):
        kind = ("rose", "tulip", "violet")[i % 3]
        length, width = generator.normal([i % 3, -(i % 3)], 0.2)
        lines.append(f"{length:.3f},{width:.3f},{kind}")
    path.write_text("\n".join(lines) + "\n")


def test_a_file_with_words_for_classes(tmp_path):
    flowers(tmp_path / "flowers.csv")
    train = "train flowers.csv --target kind --epochs 50 --lr 0.01 --validation 0.2 --save model.safetensors"
    said = graphgrad(train, folder=tmp_path)
    assert "  rose  tulip violet   predicted" in said
    assert "accuracy" in said
    model = load(tmp_path / "model.safetensors")
    assert model.classes == ("rose", "tulip", "violet")
    predict = "predict model.safetensors flowers.csv"  # the columns are found by their names
    said = graphgrad(predict, folder=tmp_path).split()
    assert set(said) == set(model.classes)
    found = [model.classes.index(word) for word in said]
    assert np.mean(np.array(found) == np.arange(60) % 3) > 0.95
    scores = json.loads(graphgrad(predict, "--scores", "--json", folder=tmp_path))["predictions"]
    assert np.array(scores).argmax(axis=1).tolist() == found
    lines = (tmp_path / "flowers.csv").read_text().split()
    turned = [",".join((row.split(",")[1], row.split(",")[0])) for row in lines]
    (tmp_path / "turned.csv").write_text("\n".join(turned) + "\n")
    answer = graphgrad("predict model.safetensors turned.csv --json", folder=tmp_path)
    assert answer == json.dumps({"predictions": [[label] for label in found], "classes": model.classes}) + "\n"
    chances = json.loads(graphgrad(predict, "--probabilities", "--json", folder=tmp_path))["predictions"]
    np.testing.assert_allclose(np.sum(chances, axis=1), 1)


def test_large_numbers_are_noted_and_one_epoch_is_one(tmp_path):
    (tmp_path / "prices.csv").write_text("rooms,price\n1,100000\n2,230000\n3,310000\n")
    command = [sys.executable, "-c", MAIN, *["train", "prices.csv", "--epochs", "1"]]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    said = "inputs are standardized, and so are targets and errors; --no-standardize leaves them as they are"
    assert said in done.stderr
    assert "1 epoch  " in done.stdout
    done = subprocess.run([*command, "--no-standardize"], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert "targets reach 310000, and networks learn numbers near 1: --standardize makes them so" in done.stderr


def test_standard_input_is_predicted(tmp_path):
    graphgrad("train xor --steps 10 --save xor.safetensors", folder=tmp_path)
    command = [sys.executable, "-c", MAIN, "predict", "xor.safetensors", "-"]
    done = subprocess.run(command, input="0,1\n1,1\n", capture_output=True, text=True, cwd=tmp_path, check=True)
    assert len(done.stdout.splitlines()) == 2


def test_standardized_training_answers_in_the_numbers_of_the_file(tmp_path):
    generator = np.random.default_rng(0)
    year, area = generator.integers(1950, 2020, 80), generator.integers(30, 300, 80)
    lines = [f"{y},{a},3,{2000 * a + 500 * (y - 1950)}" for y, a in zip(year, area, strict=True)]
    (tmp_path / "homes.csv").write_text("year,area,floor,price\n" + "\n".join(lines) + "\n")
    graphgrad("train homes.csv --optimizer lbfgs --steps 200 --save homes.safetensors", folder=tmp_path)
    (tmp_path / "one.csv").write_text("area,yaer\n100,2000\n")
    error = graphgrad("predict homes.safetensors one.csv", folder=tmp_path, code=2)
    assert "has no column 'year'; it has 'area', 'yaer', and the model takes 'year', 'area'; is it 'yaer'?" in error
    (tmp_path / "one.csv").write_text("area,year\n100,2000\n")  # the floor is always 3, and was left out
    assert float(graphgrad("predict homes.safetensors one.csv", folder=tmp_path)) == pytest.approx(225_000, rel=0.02)


def test_patience_never_looks_at_the_test_part(tmp_path):
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(60, 2)), generator.integers(2, size=60)
    for end, of_test in (("a", y[:20]), ("b", 1 - y[:20])):
        np.savez(tmp_path / f"{end}.npz", X=X[20:], y=y[20:], X_test=X[:20], y_test=of_test)
    command = [sys.executable, "-c", MAIN, "train"]
    said = []
    for end in "ab":
        line = f"{end}.npz --epochs 500 --lr 0.1 --patience 3 --save {end}.safetensors"
        said.append(subprocess.run([*command, *line.split()], capture_output=True, text=True, cwd=tmp_path, check=True))
        assert "patience looks at 10% of the training examples, which are held out for it" in said[-1].stderr
        assert "on 20 held-out examples" in said[-1].stdout
    one, two = (load(tmp_path / f"{end}.safetensors").weights for end in "ab")
    assert all(np.array_equal(one[name], two[name]) for name in one)
    accuracies = [float(re.search(r"^accuracy (\S+) on", done.stdout, re.MULTILINE)[1]) for done in said]
    assert sum(accuracies) == pytest.approx(1)  # the test part counts, at the end


def test_npz_with_class_indices(tmp_path):
    generator = np.random.default_rng(0)
    y = generator.integers(3, size=90)
    np.savez(tmp_path / "data.npz", X=generator.normal(size=(90, 2)) + 3 * y[:, None], y=y)
    said = graphgrad("train data.npz --epochs 60 --lr 0.01 --schedule cosine --l2 0.001 --clip-norm 1", folder=tmp_path)
    assert "predicted" in said
    assert float(said.split("accuracy ")[-1].split()[0]) > 0.9


def test_pictures_in_a_file_become_rows_for_layers_and_stay_for_a_program(tmp_path):
    X = np.random.default_rng(0).normal(size=(20, 2, 2))
    np.savez(tmp_path / "data.npz", X=X, y=np.array(["a", "b"] * 10), X_test=X[:4], y_test=np.array(["a", "b"] * 2))
    said = graphgrad("train data.npz --epochs 2 --save rows.safetensors", folder=tmp_path)
    assert "on 4 held-out examples" in said
    assert load(tmp_path / "rows.safetensors").net.sizes == ((4,), (2,))
    (tmp_path / "net.txt").write_text("X[:, 0, :] @ W.T + X[:, 1, :] @ V.T")
    train = "train data.npz --epochs 2 --program net.txt --shape W=2,2 --shape V=2,2 --save it.safetensors"
    graphgrad(train, folder=tmp_path)
    assert load(tmp_path / "it.safetensors").net.sizes == ((2, 2), (2,))


def test_class_indices_in_a_file_are_numbers_until_they_are_called_classes(tmp_path):
    (tmp_path / "data.csv").write_text("1,2,0\n3,4,1\n5,6,2\n")
    command = [sys.executable, "-c", MAIN, "train", "data.csv", "--epochs", "1"]
    for more, note in (([], True), (["--loss", "mse"], False)):
        done = subprocess.run([*command, *more], capture_output=True, text=True, cwd=tmp_path, check=True)
        assert ("--loss cross_entropy" in done.stderr) == note


def test_every_option_of_the_optimizer(tmp_path):
    said = (
        "train xor --optimizer momentum --set mu=0.5 --schedule warmup --set warmup=50 --l1 0.00001 --l2 0.00001"
        " --clip-norm 5 --clip-value 1 --tolerance 0.01 --dtype float64 --steps 100000 --json"
    )
    answer = json.loads(graphgrad(said, folder=tmp_path))
    assert answer["history"][-1]["step"] < 100_000  # the gradient was small before


def test_what_is_held_out_is_what_is_counted(tmp_path):
    flowers(tmp_path / "flowers.csv")
    said = graphgrad("train flowers.csv --epochs 30 --lr 0.01 --validation 0.2", folder=tmp_path)
    assert "on 12 held-out examples" in said


def test_a_program_of_your_own(tmp_path):
    (tmp_path / "net.txt").write_text("h = tanh(X @ W.T + b)\nR = h @ V.T + c + X @ U.T\n")
    shapes = [part for shape in ("X=N,2", "W=4,2", "b=4", "V=1,4", "c=1", "U=1,2") for part in ("--shape", shape)]
    said = graphgrad("train xor --program net.txt --steps 2000 --json", *shapes, folder=tmp_path)
    answer = json.loads(said)
    assert list(answer["weights"]) == ["W", "b", "V", "c", "U"]
    assert answer["history"][-1]["step"] == 2000


def test_the_shape_of_the_data_is_known(tmp_path):
    (tmp_path / "net.txt").write_text("R = tanh(X @ A) @ B")
    train = "train xor --program net.txt --shape A=2,3 --shape B=3,1 --steps 10 --json"
    assert list(json.loads(graphgrad(train, folder=tmp_path))["weights"]) == ["A", "B"]


def test_resume_on_the_command_line(tmp_path):
    train = "train xor --seed 3 --every 0 --json"
    whole = json.loads(graphgrad(train, "--steps", 4000, folder=tmp_path))
    kept = ["--checkpoint", "run.safetensors", "--resume"]
    graphgrad(train, "--steps", 2000, *kept, folder=tmp_path)
    resumed = json.loads(graphgrad(train, "--steps", 4000, *kept, folder=tmp_path))
    assert resumed["weights"] == whole["weights"]


@pytest.mark.slow
def test_a_film_of_the_trained_network(tmp_path):
    graphgrad("train xor --steps 2000 --film-backprop xor.gif", folder=tmp_path)
    assert (tmp_path / "xor.gif").read_bytes().startswith(b"GIF")


@pytest.mark.parametrize(("optimizer", "end"), [("sgd", "Step 50:"), ("lbfgs", "Step 3:")])
def test_a_film_of_training(tmp_path, optimizer, end):
    if optimizer == "lbfgs":
        pytest.importorskip("scipy", reason="scipy is not installed")
    graphgrad(f"train xor --optimizer {optimizer} --steps {end[5:-1]} --film xor{{}}.svg", folder=tmp_path)
    frames = sorted(tmp_path.glob("xor*.svg"))
    assert "Step 0:" in frames[0].read_text()
    assert end in frames[-1].read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("train xorr", "did you mean 'xor'"),
        ("train xor --layers 2,x", "no layer sizes"),
        ("train xor --layers 3,1", "the network wants (N, 3)"),
        ("train xor --optimizer adm", "did you mean 'adam'"),
        ("train xor --steps 5 --epochs 5", "not both"),
        ("train no.csv", "there is no file"),
        ("train xor --seed -1", "'--seed'"),
        ("train xor --set k=1", "no setting"),
        ("train xor --schedule warmup", "needs warmup="),
        ("train xor --history run.cvs", "did you mean '.csv'"),
        ("train xor --save a.safetensors --checkpoint a.safetensors", "a file each"),
        ("train xor --validation 2", "0 or more and less than 1"),
        ("train xor --save model.pkl", "known are .safetensors .py .onnx"),
        ("train xor --save model.pt", "known are .safetensors .py .onnx"),
        ("train xor --checkpoint run.pt", "name it .safetensors"),
        ("train xor --film-backprop xor.giff", "did you mean '.gif'"),
        ("train xor --history a.csv --history b.csv", "--history is given twice, and takes one FILE"),
        ("train xor --film xor.giff", "did you mean '.gif'"),
        (
            "train xor --target numba",
            "--target is of tables, and 'xor' is none; what a step is compiled to is --backend",
        ),
        ("train xor --optimizer lbfgs --backend jax", "L-BFGS has no rate, settings, clipping or targets"),
        ("train xor --save no/model.safetensors", "no folder"),
        ("predict no.safetensors data.csv", "there is no file"),
    ],
)
def test_errors(tmp_path, arguments, said):
    """Every one before a step is taken, and without a file left behind."""
    assert said in graphgrad(arguments, folder=tmp_path, code=2)
    assert not list(tmp_path.iterdir())


def test_a_model_for_others_beside_the_model(tmp_path):
    said = graphgrad("train xor --steps 100 --save x.py --save x.safetensors --history x.csv", folder=tmp_path)
    assert said.splitlines()[-4:-1] == ["wrote x.safetensors", "wrote x.py", "wrote x.csv"]
    code = "import x; print(x.predict([[0.0, 1.0]]).shape)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout == "(1, 1)\n"
    json.loads(graphgrad("train xor --steps 10 --save y.safetensors --json", folder=tmp_path))


def test_a_network_that_cannot_be_exported_is_not_trained(tmp_path):
    pytest.importorskip("onnx", reason="onnx is not installed")
    (tmp_path / "net.txt").write_text("R = hypot(X @ w, c)")
    train = "train xor --program net.txt --shape X=N,2 --shape w=2,1 --shape c=1 --save x.onnx --steps 10"
    assert "ONNX has no operation for 'hypot'" in graphgrad(train, folder=tmp_path, code=2)
