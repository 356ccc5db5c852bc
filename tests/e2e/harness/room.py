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
load-module module-null-sink sink_name=air rate=48000 channels=1
load-module module-loopback source=speaker.monitor sink=air latency_msec=40 source_dont_move=true sink_dont_move=true
load-module module-remap-source master=air.monitor source_name=microphone
set-default-sink speaker
set-default-source microphone
"""
"""What the speaker plays reaches the microphone 40 ms later."""

ECHO_VOLUME = "68%"
"""-10 dB on PulseAudio's cubic scale."""

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
        script.write_text(SCRIPT.format(folder=folder))
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
                loopback = _loopback(environment, daemon)
                subprocess.run(["pactl", "set-sink-input-volume", loopback, ECHO_VOLUME], env=environment, check=True, timeout=10)
                yield environment
            finally:
                daemon.terminate()


def _loopback(environment: dict[str, str], daemon: subprocess.Popen[bytes]) -> str:
    """The number of the loopback's stream, once the room stands."""

    def short(kind: str) -> str:
        return subprocess.run(
            ["pactl", "list", "short", kind], env=environment, capture_output=True, text=True, timeout=10
        ).stdout

    for _ in range(100):
        if "microphone" in short("sources") and (streams := short("sink-inputs")):
            return streams.split()[0]
        with contextlib.suppress(subprocess.TimeoutExpired):
            daemon.wait(0.1)
            break
    raise RuntimeError("PulseAudio did not start.")
