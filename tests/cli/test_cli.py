import subprocess
import sys

import pytest
from click.testing import CliRunner

from genmedia_live import __version__
from genmedia_live.cli import COMMANDS, main


def test_help_lists_every_command():
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    for name, line in COMMANDS.items():
        assert name in result.stdout
        assert line in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str):
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.stdout


def test_version():
    assert __version__ in CliRunner().invoke(main, ["--version"]).stdout


def test_an_unknown_command_is_wrong_usage():
    assert CliRunner().invoke(main, ["sing"]).exit_code == 2


def test_settings_that_cannot_be_read_are_named_without_their_value():
    result = CliRunner().invoke(main, ["talk", "--text", "hi"], env={"PORT": "hunter2"})
    assert result.exit_code == 2
    assert "PORT" in result.stderr
    assert "hunter2" not in result.stderr


@pytest.mark.parametrize(
    ("args", "unwanted"),
    [
        (["--help"], "genmedia_live.settings"),
        (["engine", "--help"], "genmedia_live.gateway"),
        (["models", "--help"], "google.genai"),
    ],
)
def test_a_command_imports_only_what_it_needs(args: list[str], unwanted: str):
    code = "import sys; from genmedia_live.cli import main; main({!r}, standalone_mode=False); sys.exit({!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code.format(args, unwanted)], capture_output=True).returncode == 0
