"""The example's own tests pass, notice a budget that is too low or missing, and restore it when asked.

usage: check_guard.py CMAKE CTEST EXAMPLE
"""
import json
import pathlib
import subprocess
import sys

CMAKE, CTEST, EXAMPLE = sys.argv[1:]
BUDGETS = pathlib.Path(EXAMPLE) / "budgets.json"


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def guard(tests="TwoLayers"):
    return run(CTEST, "--test-dir", f"{EXAMPLE}/build", "--output-on-failure", "-LE", "cuda", "-R", tests)


def update():
    code, output = run(CMAKE, "--build", f"{EXAMPLE}/build", "--target", "update_two_layers_memory")
    assert code == 0, output


def expect_pass():
    code, output = guard()
    assert code == 0 and "100% tests passed out of 3" in output, output


def expect_failure(line):
    code, output = guard("EveryComponentIsWithinItsBudget")
    assert code != 0 and line in output, f"{line}\nis not in\n{output}"


committed = BUDGETS.read_text()
expect_pass()

budgets = json.loads(committed)
held = budgets["budgets"]["step/cpu"]["components"]["activations"]
budgets["budgets"]["step/cpu"]["components"]["activations"] = held - 1
BUDGETS.write_text(json.dumps(budgets))
expect_failure(f"step/cpu: {held} bytes of activations, {held - 1} allowed: 1 too many")
update()
assert BUDGETS.read_text() == committed, BUDGETS.read_text()

BUDGETS.unlink()
expect_failure("budgets.json: No such file or directory; CLIPBENCH_UPDATE_BUDGETS=1 writes what is measured")
BUDGETS.write_text(committed)
