"""Talks to the engine through Pipecat's Gemini Live services, in a pipeline as a bot has it, without a transport."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from google.genai.types import HttpOptions
from lines import commands, microphone, options, tell
from loguru import logger
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    InputTextRawFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMRunFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.google.gemini_live.llm import GeminiLiveLLMService
from pipecat.services.google.gemini_live.vertex.llm import GeminiLiveVertexLLMService
from pipecat.services.llm_service import FunctionCallParams
from pipecat.workers.runner import WorkerRunner

OPTIONS = options()
RESULTS = {function["name"]: function["result"] for function in OPTIONS["functions"]}
CONNECTING = "Connecting to Gemini service"
CONNECTED = "Connected to Gemini service"
"""The service announces a connection nowhere but in its log."""


async def answer(params: FunctionCallParams) -> None:
    tell("call", name=params.function_name, args=dict(params.arguments))
    await params.result_callback(RESULTS[params.function_name])


def service() -> GeminiLiveLLMService:
    http = HttpOptions(base_url=OPTIONS["url"])
    tools = [
        FunctionSchema(
            name=function["name"],
            description=function["description"],
            properties=function["parameters"]["properties"],
            required=function["parameters"]["required"],
            handler=answer,
        )
        for function in OPTIONS["functions"]
    ]
    if OPTIONS["vertex"]:
        return GeminiLiveVertexLLMService(
            credentials_path=OPTIONS["credentials"],
            project_id="local",
            location="us-central1",
            http_options=http,
            tools=tools,
            settings=GeminiLiveVertexLLMService.Settings(model=OPTIONS["model"]),
        )
    return GeminiLiveLLMService(
        api_key="local", http_options=http, tools=tools, settings=GeminiLiveLLMService.Settings(model=OPTIONS["model"])
    )


class Watch(FrameProcessor):
    """Tells of the frames that come by in one direction: the user's words go up from the service, the agent's down."""

    def __init__(self, direction: FrameDirection) -> None:
        super().__init__()
        self._direction = direction

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if direction is self._direction:
            note(frame)
        await self.push_frame(frame, direction)


def note(frame: Frame) -> None:
    match frame:
        case TranscriptionFrame():
            tell("user", text=frame.text)
        case InterruptionFrame():
            tell("interrupted")
        case TTSTextFrame():
            tell("agent", text=frame.text)
        case TTSAudioRawFrame():
            tell("audio", bytes=len(frame.audio), type=f"audio/pcm;rate={frame.sample_rate}")
        case LLMFullResponseEndFrame():
            tell("turn_complete")
        case ErrorFrame():
            tell("error", message=frame.error)


async def obey(worker: PipelineWorker) -> None:
    """Let the agent speak first, then do what the test says."""
    await worker.queue_frame(LLMRunFrame())

    async def hear(pcm: bytes, rate: int) -> None:
        await worker.queue_frame(InputAudioRawFrame(audio=pcm, sample_rate=rate, num_channels=1))

    async for command in commands():
        if command["do"] == "say":
            await worker.queue_frame(InputTextRawFrame(text=command["text"]))
        else:
            await microphone(command["wav"], hear)
    await worker.queue_frame(EndFrame())


class Connections:
    """Reads of them in the log, and tells."""

    def __init__(self) -> None:
        self._resuming = False

    def __call__(self, line: Any) -> None:
        message = line.record["message"]
        if message.startswith(CONNECTING):
            self._resuming = "session_resumption_handle" in message
        elif message == CONNECTED:
            tell("connected", resumed=self._resuming)


async def main() -> None:
    logger.remove()
    logger.add(sys.stderr, level="DEBUG")
    logger.add(Connections())
    context = LLMContext([{"role": "user", "content": "hello"}])
    user, assistant = LLMContextAggregatorPair(context)
    left, right = Watch(FrameDirection.UPSTREAM), Watch(FrameDirection.DOWNSTREAM)
    worker = PipelineWorker(Pipeline([user, left, service(), right, assistant]), enable_rtvi=False)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await asyncio.gather(runner.run(), obey(worker))


asyncio.run(main())
