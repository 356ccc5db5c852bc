"""A room made of PulseAudio null sinks, in which the microphone hears the loudspeaker."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

SCRIPT = """load-module module-native-protocol-unix auth-anonymous=1 socket={folder}/socket
load-module module-null-sink sink_name=speaker rate=48000 channels=2
load-module module-remap-source master=speaker.monitor source_name=microphone channels=1
set-default-sink speaker
set-default-source microphone
set-source-volume microphone {volume}
"""
"""The microphone hears what the speaker plays, and nothing else. One clock: a loopback between two would drift under load."""

ECHO_VOLUME = 44_500
"""-10 dB on PulseAudio's cubic scale, where 65,536 is 0 dB."""

NEED = Path(__file__).parents[3] / "scripts" / "need"


@contextlib.contextmanager
def room() -> Iterator[dict[str, str]]:
    """The environment that puts a program into the room.

    Raises:
        RuntimeError: PulseAudio is not here and could not be installed.
    """
    brought = subprocess.run([NEED, "--package", "pulseaudio", "pulseaudio-utils"], capture_output=True, text=True, timeout=120)
    if brought.returncode:
        raise RuntimeError(f"The simulated room needs PulseAudio. {brought.stderr.strip()}")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "room.pa")
        script.write_text(SCRIPT.format(folder=folder, volume=ECHO_VOLUME))
        own = {"PULSE_RUNTIME_PATH": folder, "PULSE_SERVER": f"unix:{folder}/socket", "HOME": folder}
        environment = {**os.environ, **own}
        command = [
            "pulseaudio",
            "-n",
            "-F",
            str(script),
            "--exit-idle-time=-1",
            "--daemonize=no",
            "--log-level=error",
            "--use-pid-file=no",
        ]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as daemon:
            try:
                _wait_for_microphone(environment, daemon)
                yield environment
            finally:
                daemon.terminate()


def _wait_for_microphone(environment: dict[str, str], daemon: subprocess.Popen[bytes]) -> None:
    command = ["pactl", "list", "short", "sources"]
    for _ in range(100):
        if "microphone" in subprocess.run(command, env=environment, capture_output=True, text=True, timeout=10).stdout:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            daemon.wait(0.1)
            break
    raise RuntimeError("PulseAudio did not start.")
