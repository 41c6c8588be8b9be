"""Networks in gradcheck's language, and case files, from Python."""
import gradcheck
import numpy as np
import pytest

RANDOM = np.random.default_rng(0)
TENSORS = {"x": RANDOM.normal(size=(5, 3)), "W": RANDOM.normal(size=(3, 4)), "b": RANDOM.normal(size=4),
           "t": np.array([0, 3, 1, 1, 2])}
TEXT = "z = x @ W + b\nL = softmax_cross_entropy(z, t)"


def test_a_network_is_checked():
    report = gradcheck.check_network(TEXT, TENSORS, inputs="x", name="mine")
    assert report, report
    assert {tensor["name"]: tensor["role"] for tensor in report.tensors} == \
        {"x": "input", "W": "parameter", "b": "parameter"}
    assert report.cases[0]["id"] == "mine"


def test_all_values_and_another_loss():
    report = gradcheck.check_network(TEXT + "\nunused = sum(z)", TENSORS, inputs=["x"], loss="L", all_values=True)
    assert "z" in {tensor["name"] for tensor in report.tensors}


def test_mistakes_have_a_place():
    with pytest.raises(gradcheck.Error, match=r"^network:2:5: .*did you mean 'softmax_cross_entropy'"):
        gradcheck.check_network(TEXT.replace("softmax_cross_entropy", "softmax_cross_entropi"), TENSORS)
    with pytest.raises(gradcheck.Error, match="the tensor c has <no use>"):
        gradcheck.check_network(TEXT, {**TENSORS, "c": np.ones(2)})
    with pytest.raises(gradcheck.Error, match="inputs: has <X>, expected names of tensors: x, W, b, t"):
        gradcheck.check_network(TEXT, TENSORS, inputs="X")


def test_case_files_are_run(tmp_path):
    case = tmp_path / "square.toml"
    case.write_text('title = "square"\nnetwork = "L = sum(x ** 2)"\n[parameters]\nx = [1, 2]\n'
                    '[claims.gradient]\nx = [2, 4]\n')
    report = gradcheck.run_cases(tmp_path)
    assert report, report
    case.write_text(case.read_text().replace("[2, 4]", "[2, 5]"))
    assert not gradcheck.run_cases([case], jobs=2)
    with pytest.raises(gradcheck.Error, match="no case"):
        gradcheck.run_cases(tmp_path, filter="other")
