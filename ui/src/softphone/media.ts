// This page's microphone and speaker: the browser's permission, the devices, and the one WebRTC
// connection to the phone server. The server decides which page has audio; this shell opens and
// closes it as the reducer says, and reports what became of it.

import type { LevelMeter } from "./meter.ts";
import type { AudioDevice, Event, Microphone } from "./state.ts";

/** A broken path often mends itself within this time. */
const DISCONNECTED_MS_MAX = 1500;
/** Audio that is not up by then is tried again. */
const CONNECT_MS_MAX = 8000;
/** A microphone opened ahead of a call is let go when no call claims it. */
const WARM_MS_MAX = 5000;
const CHOSEN = { input: "offhook.microphone", output: "offhook.speaker" } as const;
const CALL_NOTED = "offhook.call_on_at_ms";
/** A note of a call older than this is not believed. */
const NOTE_MS_MAX = 6 * 3600 * 1000;

/** The microphone and speaker, with all that can be asked of them. */
export class Media {
  #stream: MediaStream | null = null;
  #opening: Promise<MediaStream | null> | null = null;
  #peer: RTCPeerConnection | null = null;
  #device: string | null = null;
  #muted = false;
  #metering = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #chosen = { input: kept(CHOSEN.input), output: kept(CHOSEN.output) };

  constructor(
    private readonly dispatch: (event: Event) => void,
    private readonly audio: HTMLAudioElement,
    private readonly meter: LevelMeter,
  ) {}

  /** Looks at the permission and the devices, and opens the microphone if a call waits for it. */
  async start(): Promise<void> {
    if (!navigator.mediaDevices) return this.#report("failed");
    navigator.mediaDevices.addEventListener("devicechange", () => void this.#devicesChanged());
    const permission = await microphonePermission();
    permission?.addEventListener("change", () => void this.#devicesChanged());
    if (permission?.state === "granted" && callWasNoted()) {
      void this.#microphone();
      setTimeout(() => this.#letGo(), WARM_MS_MAX);
    }
    void this.#devicesChanged();
    if (this.#chosen.output) void this.#useOutput();
  }

  /** Opens audio for the device id that the server knows this page by. */
  async open(device: string): Promise<void> {
    this.#closePeer();
    this.#device = device;
    const stream = await this.#microphone();
    if (this.#device !== device) return;
    if (!stream) return this.dispatch({ event: "media", device, media: "off", note: "" });
    try {
      await this.#offer(device, stream);
    } catch (error) {
      const note = `Audio could not be set up: ${String(error)}`;
      this.dispatch({ event: "media", device, media: "refused", note });
    }
  }

  close(): void {
    this.#closePeer();
    this.#device = null;
    this.#letGo();
  }

  /** The server's answer to the offer. */
  async answer(sdp: string): Promise<void> {
    const device = this.#device;
    if (!this.#peer || !device || this.#peer.signalingState !== "have-local-offer") return;
    try {
      await this.#peer.setRemoteDescription({ type: "answer", sdp });
    } catch (error) {
      const note = `The phone server's audio was not understood: ${String(error)}`;
      this.dispatch({ event: "media", device, media: "refused", note });
    }
  }

  mute(muted: boolean): void {
    this.#muted = muted;
    for (const track of this.#stream?.getAudioTracks() ?? []) track.enabled = !muted;
  }

  /** The person allows the microphone ahead of a call. */
  async ask(): Promise<void> {
    await this.#microphone();
    this.#letGo();
    void this.#list();
  }

  async choose(kind: "input" | "output", id: string): Promise<void> {
    this.#chosen[kind] = id;
    keep(CHOSEN[kind], id);
    if (kind === "output") await this.#useOutput();
    else if (this.#stream) await this.#replaceMicrophone();
    void this.#list();
  }

  /** Shows the level of the microphone, also when there is no call. */
  async showLevel(running: boolean): Promise<void> {
    this.#metering = running;
    if (running) await this.#microphone();
    this.#letGo();
    void this.#list();
  }

  /** Plays the far end after the browser had blocked it; needs a click. */
  async play(): Promise<void> {
    if (!this.audio.srcObject) return;
    try {
      await this.audio.play();
      this.dispatch({ event: "sound_blocked", blocked: false });
    } catch (error) {
      // An AbortError only says that a newer stream took its place.
      const blocked = error instanceof DOMException && error.name === "NotAllowedError";
      if (blocked) this.dispatch({ event: "sound_blocked", blocked });
    }
  }

  /** Notes for the next start of the page that a call is on, or over. */
  noteCall(active: boolean): void {
    keep(CALL_NOTED, active ? String(Date.now()) : "");
  }

  async #offer(device: string, stream: MediaStream): Promise<void> {
    const peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.#peer = peer;
    const [track] = stream.getAudioTracks();
    if (!track) throw new Error("the microphone has no track");
    const transceiver = peer.addTransceiver(track, { direction: "sendrecv", streams: [stream] });
    preferG711(transceiver);
    peer.addEventListener("track", (event) => {
      this.audio.srcObject = event.streams[0] ?? new MediaStream([event.track]);
      void this.play();
    });
    peer.addEventListener("connectionstatechange", () => {
      if (this.#peer === peer) this.#peerChanged(device, peer);
    });
    await peer.setLocalDescription(await peer.createOffer());
    const sdp = peer.localDescription?.sdp;
    if (this.#peer !== peer || !sdp) return;
    this.dispatch({ event: "offer", device, sdp });
    this.#lostAfter(device, CONNECT_MS_MAX, "Audio did not connect.");
  }

  #peerChanged(device: string, peer: RTCPeerConnection): void {
    clearTimeout(this.#timer);
    switch (peer.connectionState) {
      case "connected":
        return this.dispatch({ event: "media", device, media: "on", note: "" });
      case "disconnected":
        return this.#lostAfter(device, DISCONNECTED_MS_MAX, "Audio was lost.");
      case "failed":
        return this.#lostAfter(device, 0, "Audio was lost.");
      default:
        return this.#lostAfter(device, CONNECT_MS_MAX, "Audio did not connect.");
    }
  }

  #lostAfter(device: string, after_ms: number, note: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#closePeer();
      this.dispatch({ event: "media", device, media: "lost", note });
    }, after_ms);
  }

  #closePeer(): void {
    clearTimeout(this.#timer);
    this.#peer?.close();
    this.#peer = null;
    this.audio.srcObject = null;
  }

  /** The open microphone, or a newly opened one; null, and a report, when there is none. */
  async #microphone(): Promise<MediaStream | null> {
    if (this.#stream?.getAudioTracks().some((t) => t.readyState === "live")) return this.#stream;
    this.#opening ??= this.#openMicrophone().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #openMicrophone(): Promise<MediaStream | null> {
    if (!navigator.mediaDevices) {
      this.#report("failed");
      return null;
    }
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: this.#constraints() });
      this.#use(stream);
      this.#report("granted");
      return stream;
    } catch (error) {
      this.#report(await microphoneProblem(error));
      return null;
    }
  }

  #constraints(): MediaTrackConstraints {
    const voice = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    return this.#chosen.input ? { ...voice, deviceId: { ideal: this.#chosen.input } } : voice;
  }

  #use(stream: MediaStream): void {
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = stream;
    for (const track of stream.getAudioTracks()) {
      track.enabled = !this.#muted;
      // Unplugged or taken away by the system: another microphone takes over.
      track.addEventListener("ended", () => {
        if (this.#stream === stream) void this.#replaceMicrophone();
      });
    }
    this.meter.watch(stream);
  }

  async #replaceMicrophone(): Promise<void> {
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    if (!this.#peer && !this.#metering) return;
    const stream = await this.#microphone();
    const track = stream?.getAudioTracks()[0] ?? null;
    const sender = this.#peer?.getSenders()[0];
    try {
      await sender?.replaceTrack(track);
    } catch {
      // The connection went away meanwhile; a new one takes the new microphone.
    }
  }

  /** Lets the microphone go when neither a call nor the meter needs it. */
  #letGo(): void {
    if (this.#device !== null || this.#metering) return;
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    this.meter.watch(null);
  }

  async #useOutput(): Promise<void> {
    if (!("setSinkId" in this.audio)) return;
    try {
      await this.audio.setSinkId(this.#chosen.output);
    } catch {
      // The speaker is gone or may not be chosen in this frame: the default one plays.
      this.#chosen.output = "";
    }
  }

  /** Something was plugged in or out, or the permission changed. */
  async #devicesChanged(): Promise<void> {
    if (!(await this.#list())) return this.#report("missing");
    const state = (await microphonePermission())?.state;
    if (state) this.#report(state);
  }

  /** Lists the devices; says whether a microphone is among them. */
  async #list(): Promise<boolean> {
    const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    const of = (kind: MediaDeviceKind) => all.filter((d) => d.kind === kind).map(named);
    const inputs = of("audioinput");
    const outputs = of("audiooutput");
    const known = (list: readonly AudioDevice[], id: string) =>
      list.some((device) => device.id === id) ? id : "";
    const input = known(inputs, this.#chosen.input);
    const output = known(outputs, this.#chosen.output);
    this.dispatch({ event: "devices", devices: { inputs, outputs, input, output } });
    return inputs.length > 0;
  }

  #report(microphone: Microphone): void {
    this.dispatch({ event: "microphone", microphone });
  }
}

/** A device as the list shows it. Before the permission the browser keeps its name back. */
function named(device: MediaDeviceInfo): AudioDevice {
  const what = device.kind === "audioinput" ? "Microphone" : "Speaker";
  return { id: device.deviceId, label: device.label || what };
}

/** The trunk speaks G.711: taken first it needs no transcoding. */
function preferG711(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpReceiver.getCapabilities?.("audio")?.codecs;
  if (!codecs || !("setCodecPreferences" in transceiver)) return;
  const rank = ({ mimeType }: RTCRtpCodec) =>
    ["audio/pcmu", "audio/pcma"].indexOf(mimeType.toLowerCase()) + 1 || 3;
  transceiver.setCodecPreferences([...codecs].sort((a, b) => rank(a) - rank(b)));
}

async function microphonePermission(): Promise<PermissionStatus | null> {
  try {
    return await navigator.permissions.query({ name: "microphone" as PermissionName });
  } catch {
    // A browser that does not tell: the first use of the microphone will.
    return null;
  }
}

async function microphoneProblem(error: unknown): Promise<Microphone> {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  if (name !== "NotAllowedError" && name !== "SecurityError") return "failed";
  return (await microphonePermission())?.state === "prompt" ? "prompt" : "denied";
}

function callWasNoted(): boolean {
  return Date.now() - Number(kept(CALL_NOTED) || 0) < NOTE_MS_MAX;
}

/** Choices of devices last; that a call is on concerns this tab alone. May throw. */
function storageOf(key: string): Storage {
  return key === CALL_NOTED ? sessionStorage : localStorage;
}

function kept(key: string): string {
  try {
    return storageOf(key).getItem(key) ?? "";
  } catch {
    return "";
  }
}

function keep(key: string, value: string): void {
  try {
    if (value) storageOf(key).setItem(key, value);
    else storageOf(key).removeItem(key);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}
