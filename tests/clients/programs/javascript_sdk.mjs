// Talks to the engine through `@google/genai`. What the lines mean: `talker.py`.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import { GoogleGenAI, Modality } from "@google/genai";
import { OAuth2Client } from "google-auth-library";

const OPTIONS = JSON.parse(process.argv[2]);
const CHUNK_MS = 40;

const ai = new GoogleGenAI({ ...identity(), httpOptions: { baseUrl: OPTIONS.url } });

function identity() {
  if (!OPTIONS.vertex) return { apiKey: "local" };
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: "local" });
  return { vertexai: true, project: "local", location: "us-central1", googleAuthOptions: { authClient } };
}

let session;
let handle;

const tell = (event, details = {}) => console.log(JSON.stringify({ event, ...details }));

async function connect() {
  const resumed = handle !== undefined;
  const declarations = OPTIONS.functions.map(({ name, description, parameters }) => ({ name, description, parameters }));
  session = await ai.live.connect({
    model: OPTIONS.model,
    config: {
      responseModalities: [Modality.AUDIO],
      inputAudioTranscription: {},
      outputAudioTranscription: {},
      sessionResumption: { handle },
      tools: declarations.length ? [{ functionDeclarations: declarations }] : undefined,
    },
    callbacks: { onmessage: note, onerror: (problem) => tell("error", { message: String(problem.message) }) },
  });
  tell("connected", { resumed });
}

/** Tell what the server's message brought, and answer what it asks. */
async function note(message) {
  const { serverContent: content, toolCall, sessionResumptionUpdate: update } = message;
  if (update?.resumable) handle = update.newHandle;
  if (message.goAway) {
    session.close();
    await connect();
  }
  for (const { id, name, args } of toolCall?.functionCalls ?? []) {
    tell("call", { name, args });
    const { result } = OPTIONS.functions.find((declared) => declared.name === name);
    session.sendToolResponse({ functionResponses: [{ id, name, response: result }] });
  }
  if (content?.interrupted) tell("interrupted");
  if (content?.inputTranscription) tell("user", { text: content.inputTranscription.text });
  if (content?.outputTranscription) tell("agent", { text: content.outputTranscription.text });
  for (const { inlineData } of content?.modelTurn?.parts ?? [])
    if (inlineData) tell("audio", { bytes: Buffer.from(inlineData.data, "base64").length, type: inlineData.mimeType });
  if (content?.turnComplete) tell("turn_complete");
}

/** Send the samples of a file (PCM16, mono, a header of 44 bytes) as a microphone would: in chunks, in real time. */
async function microphone(path) {
  const file = readFileSync(path);
  const rate = file.readUInt32LE(24);
  const size = (rate * 2 * CHUNK_MS) / 1000;
  for (let at = 44; at < file.length; at += size) {
    const data = file.subarray(at, at + size).toString("base64");
    session.sendRealtimeInput({ audio: { data, mimeType: `audio/pcm;rate=${rate}` } });
    await sleep(CHUNK_MS);
  }
}

await connect();
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.do === "say") session.sendRealtimeInput({ text: command.text });
  else await microphone(command.wav);
}
session.close();
