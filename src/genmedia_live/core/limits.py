"""Every bound in the product, in one table, each with what happens past it. `docs/limits.md` is made from this file."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


def _limit(default: float, unit: str, rule: str) -> Any:
    return field(default=default, metadata={"unit": unit, "rule": rule})


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds and deadlines. Tests and operators may build another; nothing else holds a number of this kind."""

    # What a browser may send.
    message_bytes: int = _limit(1_048_576, "bytes", "the connection is closed")
    polling_body_bytes: int = _limit(1_500_000, "bytes", "the connection is closed (a body is base64: a third longer)")
    polling_packets: int = _limit(256, "packets in a body", "the request is refused whole (413)")
    mic_min_ms: int = _limit(10, "ms", "`bad_audio`, the chunk is refused")
    mic_max_ms: int = _limit(1_000, "ms", "`bad_audio`, the chunk is refused")
    frame_bytes: int = _limit(250_000, "bytes", "`too_large`, the frame is refused")
    frame_side: int = _limit(4_096, "pixels", "`too_large`, the frame is refused")
    still_bytes: int = _limit(4_000_000, "bytes", "`too_large`, the still is refused (413)")
    still_pixels: int = _limit(4_194_304, "pixels", "`too_large`, the still is refused (413)")
    stills_per_minute: int = _limit(20, "stills of a conversation", "`too_many`, the still is refused (429)")
    still_arrival_ms: int = _limit(60_000, "ms", "`too_slow`, the still is refused (408)")
    text_chars: int = _limit(8_000, "characters", "`too_large`, the text is refused")
    instructions_chars: int = _limit(16_000, "characters", "`too_large`, the settings are refused whole")
    events_per_second: int = _limit(80, "events", "`too_many`, once a second; the events above it are refused")
    event_burst: int = _limit(400, "events", "`too_many`")
    event_chars: int = _limit(100, "characters typed", "longer words count as one more event for each")
    faults_before_close: int = _limit(20, "faults in 10 s", "the connection is closed")
    http_body_bytes: int = _limit(262_144, "bytes", "`too_large` (413)")

    # Queues.
    browser_queue: int = _limit(512, "messages", "the oldest audio is dropped; without audio to drop, the connection is closed")
    socket_stall_ms: int = _limit(20_000, "ms in which the client takes no byte", "its connection is dropped (Linux)")
    transport_queue: int = _limit(16, "packets", "the messages wait in the browser queue")
    polling_audio_ms: int = _limit(100, "ms", "voice waits this long to travel together on long-polling")
    model_queue: int = _limit(256, "messages", "the oldest audio is dropped and declared to the user")
    mic_ring_ms: int = _limit(30_000, "ms", "the oldest voice is dropped and declared to the user")

    # Playout.
    playout_window_ms: int = _limit(1_200, "ms", "more of the voice waits here until the browser has played")
    playout_backlog_ms: int = _limit(180_000, "ms", "the newest voice is dropped, the caption is kept")
    flush_answer_ms: int = _limit(500, "ms", "the cut of an interrupted answer is taken from the last report")
    played_timeout_ms: int = _limit(10_000, "ms", "the turn counts as heard: the page no longer reports")

    # The model's side.
    open_timeout_ms: int = _limit(15_000, "ms", "`upstream_timeout`, and the next try")
    send_timeout_ms: int = _limit(10_000, "ms", "the connection to the model counts as lost")
    close_timeout_ms: int = _limit(1_000, "ms", "the socket is dropped")
    upstream_message_bytes: int = _limit(16_777_216, "bytes", "the connection to the model counts as lost")
    upstream_read_ahead: int = _limit(32, "messages", "reading pauses, and the model's server waits")
    upstream_unreadable: int = _limit(8, "messages in a row", "the connection to the model counts as lost")
    reconnect_tries: int = _limit(6, "tries", "the conversation is held, with a button to try again")
    reconnect_first_ms: int = _limit(250, "ms", "doubles each time, with jitter")
    reconnect_longest_ms: int = _limit(8_000, "ms", "no wait is longer")
    reconnect_stable_ms: int = _limit(10_000, "ms", "after this the count of tries starts anew")
    go_away_margin_ms: int = _limit(3_000, "ms", "rotation happens this long before the end, quiet or not")
    configure_wait_ms: int = _limit(5_000, "ms", "changed settings take effect now, quiet or not")
    thinking_ms: int = _limit(20_000, "ms", "the page shows that the agent listens again")
    history_chars: int = _limit(24_000, "characters", "older turns are left out of a seeded session")
    hold_ms: int = _limit(10_000, "ms without the page that held the button", "push-to-talk lets go of it")
    tool_timeout_ms: int = _limit(30_000, "ms", "the tool is stopped, and the model is told; a tool may name a shorter one")
    tool_result_bytes: int = _limit(32_768, "bytes of JSON", "the model is told that the result was too large")
    tool_runs: int = _limit(256, "tool calls at a time", "the model is told to try again")
    tool_threads: int = _limit(8, "tools in threads at a time", "a call waits, within its time limit")
    tool_stuck_threads: int = _limit(8, "threads of tools that hang", "no more are started, and the model is told")
    tool_detail_chars: int = _limit(200, "characters", "the page shows the beginning")
    silence_longest_ms: int = _limit(10_000, "ms", "`bad_settings`")
    nudge_longest_s: int = _limit(3_600, "seconds", "`bad_settings`")
    nudges: int = _limit(2, "nudges in a row", "the agent waits for the person")
    option_chars: int = _limit(100, "characters", "`too_large`, the settings are refused whole")
    options: int = _limit(16, "options of a persona", "`bad_settings`")
    option_choices: int = _limit(100, "choices of an option", "the persona's file is skipped, and named")
    personas: int = _limit(100, "files of personas", "the last in the alphabet are not read, which is said")
    persona_bytes: int = _limit(131_072, "bytes of a persona's file", "the file is skipped, and named")
    persona_title_chars: int = _limit(60, "characters", "the persona's file is skipped, and named")
    persona_description_chars: int = _limit(300, "characters", "the persona's file is skipped, and named")
    persona_tools: int = _limit(32, "tools of a persona", "the persona's file is skipped, and named")

    # The local engine's process.
    engine_sample_ms: int = _limit(4_000, "ms", "`engine_unavailable`: the sample of a voice did not come")
    engine_restart_first_ms: int = _limit(500, "ms", "doubles each time that the engine ends before it was ready")
    engine_restart_longest_ms: int = _limit(30_000, "ms", "no wait is longer")
    engine_stop_ms: int = _limit(3_000, "ms", "the engine is killed")

    # The Live server of the local engine.
    live_message_bytes: int = _limit(16_777_216, "bytes", "the connection is closed (1009)")
    live_inbox: int = _limit(8, "messages", "reading pauses, and the client waits")
    live_outbox: int = _limit(4_096, "messages", "the client reads too slowly: the connection is closed (1008)")
    live_send_ms: int = _limit(20_000, "ms", "the client reads too slowly: the connection is closed (1008)")
    live_setup_ms: int = _limit(10_000, "ms", "without a setup message the connection is closed (1008)")
    live_waiting: int = _limit(200, "sockets without a set-up", "the newest is closed at once (1011)")
    live_starved_ms: int = _limit(1_000, "ms", "an utterance without more audio counts as ended")
    live_utterance_ms: int = _limit(60_000, "ms", "the utterance ends, pause or not")
    live_questions: int = _limit(8, "transcripts being made for a session", "its audio waits")
    live_instructions_chars: int = _limit(16_000, "characters", "the rest of the instructions is not read")
    live_tools_chars: int = _limit(200_000, "characters of declared functions, as JSON", "the connection is closed (1007)")
    live_history_chars: int = _limit(400_000, "characters", "the oldest turns are forgotten (as a rule the window is full first)")
    live_history_lines: int = _limit(4_000, "lines", "the oldest turns are forgotten (as a rule the window is full first)")
    live_prompt_tokens: int = _limit(1_500, "tokens", "the model reads the newest of the dialogue")
    live_answer_tokens: int = _limit(400, "tokens", "the answer ends")
    live_answer_stall_ms: int = _limit(60_000, "ms without a word or a sound", "the connection is closed (1011)")
    live_waiting_lines: int = _limit(256, "lines said during an answer that can't be interrupted", "the oldest is forgotten")
    live_waiting_chars: int = _limit(400_000, "characters of them", "the oldest is forgotten")
    live_calls: int = _limit(64, "function calls without a result", "the oldest is given up")
    live_picture_bytes: int = _limit(4_000_000, "bytes", "the picture is counted, and nobody looks at it")
    live_picture_pixels: int = _limit(24_000_000, "pixels by its header", "the picture is counted, and can't be made out")
    live_pictures: int = _limit(2, "pictures that are told at a time", "the one that was shown first is forgotten")
    live_picture_stale_ms: int = _limit(10_000, "ms before the newest", "a picture of another shape is not told any more")
    live_look_ms: int = _limit(4_000, "ms", "the answer is made without what the picture shows")
    live_description_chars: int = _limit(2_000, "characters", "the rest of what a picture shows is not told")
    live_handles: int = _limit(4_000, "resumption handles", "the oldest of the owner who has most is forgotten")
    live_handle_chars: int = _limit(
        100_000_000, "characters behind all handles", "the oldest of the owner who has most is forgotten"
    )
    live_lineage_handles: int = _limit(8, "resumption handles of one session", "the oldest is refused (1008)")
    live_unconsumed: int = _limit(4_096, "messages with audio", "a resumption handle covers fewer of the client's messages")
    live_handle_life_ms: int = _limit(7_200_000, "ms", "the handle is refused (1008)")
    live_visitors: int = _limit(1_000, "connections that are no session", "the newest is closed at once")
    live_head_bytes: int = _limit(65_536, "bytes of a request's head", "the request is refused (431)")
    live_request_ms: int = _limit(10_000, "ms", "a request that is not here is refused (408), one without an answer too (504)")
    live_keep_alive_ms: int = _limit(60_000, "ms without a request", "the connection is closed")
    live_linger_ms: int = _limit(2_000, "ms", "a client that goes on sending what was refused is cut off")
    live_tokens: int = _limit(10_000, "ephemeral tokens", "the one that ends first is forgotten")
    live_token_lives: int = _limit(10_000, "access tokens whose end is known", "the oldest is forgotten, and lives on")

    # Scripts of the local engine.
    script_bytes: int = _limit(1_048_576, "bytes", "`bad_script`, the engine does not start")
    script_rules: int = _limit(1_000, "rules", "`bad_script`, the engine does not start")
    script_cues: int = _limit(100, "cues of a rule", "`bad_script`, the engine does not start")
    script_say_chars: int = _limit(4_000, "characters", "`bad_script`; of words that are filled in the rest is not said")
    script_heard_chars: int = _limit(8_000, "characters", "the rules hear only the beginning")
    script_firings: int = _limit(10_000, "firings of a rule in a connection", "the rule rests")

    # Sessions.
    grace_ms: int = _limit(60_000, "ms", "a conversation without a browser closes its connection to the model")
    max_sessions: int = _limit(100, "conversations", "`full`")
    sessions_per_owner: int = _limit(8, "conversations", "`too_many`")
    drain_ms: int = _limit(8_000, "ms", "what is left is cut")
    drain_retry_ms: int = _limit(1_000, "ms", "the page comes back after this")
    view_timeout_ms: int = _limit(5_000, "ms", "`internal`: a page waits no longer for a live session")


def table(limits: Limits | None = None) -> list[tuple[str, float, str, str]]:
    """Rows of (name, value, unit, what happens past it), in the order of the file."""
    values = limits or Limits()
    return [(f.name, getattr(values, f.name), f.metadata["unit"], f.metadata["rule"]) for f in fields(Limits)]
