// Examples of every word of the softphone's wire, written from the Rust types by a test of
// crates/calls (wire_examples.rs). Not to be edited by hand.

import type { FromPage, ToPage } from "./wire.ts";

export const toPage = [
  {
    "type": "view",
    "sequence": 7,
    "agent": "005000000000001AAA",
    "agent_name": "Ann Lee",
    "presence": "ready",
    "this_device": "page-1",
    "media_device": "page-1",
    "device_count": 1,
    "now_ms": 1795510809000,
    "call": null
  },
  {
    "type": "view",
    "sequence": 7,
    "agent": "005000000000001AAA",
    "agent_name": "Ann Lee",
    "presence": "ready",
    "this_device": "page-1",
    "media_device": "page-1",
    "device_count": 1,
    "now_ms": 1795510809000,
    "call": {
      "id": "01JDEXAMPLE00000000000000A",
      "direction": "inbound",
      "phase": "ringing",
      "far_number": "+14155550123",
      "far_display": "(415) 555-0123",
      "far_name": "C POOLE",
      "dialled": "+14155550100",
      "far_rings": false,
      "muted": false,
      "media_lost": false,
      "started_at_ms": 1795510800000,
      "answered_at_ms": null,
      "ended_at_ms": null,
      "talk_duration_ms": 0,
      "end_cause": null,
      "wrap_up_ends_at_ms": null,
      "pop": {
        "event_id": "01JDEXAMPLE00000000000000A:005000000000001AAA",
        "number": "+14155550123"
      },
      "record": null,
      "outcome": null,
      "notes": "",
      "logging": false
    }
  },
  {
    "type": "view",
    "sequence": 7,
    "agent": "005000000000001AAA",
    "agent_name": "Ann Lee",
    "presence": "ready",
    "this_device": "page-1",
    "media_device": "page-1",
    "device_count": 1,
    "now_ms": 1795510809000,
    "call": {
      "id": "01JDEXAMPLE00000000000000A",
      "direction": "outbound",
      "phase": "dialling",
      "far_number": "+14155550123",
      "far_display": "(415) 555-0123",
      "far_name": "C POOLE",
      "dialled": "+14155550100",
      "far_rings": true,
      "muted": false,
      "media_lost": false,
      "started_at_ms": 1795510800000,
      "answered_at_ms": null,
      "ended_at_ms": null,
      "talk_duration_ms": 0,
      "end_cause": null,
      "wrap_up_ends_at_ms": null,
      "pop": null,
      "record": null,
      "outcome": null,
      "notes": "",
      "logging": false
    }
  },
  {
    "type": "view",
    "sequence": 7,
    "agent": "005000000000001AAA",
    "agent_name": "Ann Lee",
    "presence": "ready",
    "this_device": "page-1",
    "media_device": "page-1",
    "device_count": 1,
    "now_ms": 1795510809000,
    "call": {
      "id": "01JDEXAMPLE00000000000000A",
      "direction": "inbound",
      "phase": "talking",
      "far_number": "+14155550123",
      "far_display": "(415) 555-0123",
      "far_name": "C POOLE",
      "dialled": "+14155550100",
      "far_rings": false,
      "muted": false,
      "media_lost": false,
      "started_at_ms": 1795510800000,
      "answered_at_ms": 1795510803000,
      "ended_at_ms": null,
      "talk_duration_ms": 0,
      "end_cause": null,
      "wrap_up_ends_at_ms": null,
      "pop": null,
      "record": {
        "id": "003000000000001AAA",
        "object": "Contact",
        "name": "Carla Poole"
      },
      "outcome": null,
      "notes": "",
      "logging": false
    }
  },
  {
    "type": "view",
    "sequence": 7,
    "agent": "005000000000001AAA",
    "agent_name": "Ann Lee",
    "presence": "ready",
    "this_device": "page-1",
    "media_device": "page-1",
    "device_count": 1,
    "now_ms": 1795510809000,
    "call": {
      "id": "01JDEXAMPLE00000000000000A",
      "direction": "inbound",
      "phase": "held",
      "far_number": "+14155550123",
      "far_display": "(415) 555-0123",
      "far_name": "C POOLE",
      "dialled": "+14155550100",
      "far_rings": false,
      "muted": true,
      "media_lost": false,
      "started_at_ms": 1795510800000,
      "answered_at_ms": 1795510803000,
      "ended_at_ms": null,
      "talk_duration_ms": 0,
      "end_cause": null,
      "wrap_up_ends_at_ms": null,
      "pop": null,
      "record": {
        "id": "003000000000001AAA",
        "object": "Contact",
        "name": "Carla Poole"
      },
      "outcome": null,
      "notes": "",
      "logging": false
    }
  },
  {
    "type": "view",
    "sequence": 7,
    "agent": "005000000000001AAA",
    "agent_name": "Ann Lee",
    "presence": "ready",
    "this_device": "page-1",
    "media_device": "page-1",
    "device_count": 1,
    "now_ms": 1795510809000,
    "call": {
      "id": "01JDEXAMPLE00000000000000A",
      "direction": "inbound",
      "phase": "wrap_up",
      "far_number": "+14155550123",
      "far_display": "(415) 555-0123",
      "far_name": "C POOLE",
      "dialled": "+14155550100",
      "far_rings": false,
      "muted": false,
      "media_lost": false,
      "started_at_ms": 1795510800000,
      "answered_at_ms": 1795510803000,
      "ended_at_ms": 1795510808000,
      "talk_duration_ms": 5000,
      "end_cause": "far_end_hung_up",
      "wrap_up_ends_at_ms": 1795510868000,
      "pop": null,
      "record": {
        "id": "003000000000001AAA",
        "object": "Contact",
        "name": "Carla Poole"
      },
      "outcome": "Connected",
      "notes": "",
      "logging": false
    }
  },
  {
    "type": "reply",
    "id": "c1",
    "accepted": true
  },
  {
    "type": "reply",
    "id": "c1",
    "accepted": false,
    "reason": "The call was answered by Bob."
  },
  {
    "type": "reply",
    "id": "c1",
    "accepted": true,
    "log_key": "01JDEXAMPLE00000000000000A:005000000000001AAA",
    "call": {
      "call": "01JDEXAMPLE00000000000000A",
      "version": 4,
      "direction": "inbound",
      "trunk": "main",
      "far_number": "+14155550123",
      "far_name": "C POOLE",
      "dialled": "+14155550100",
      "agent": "005000000000001AAA",
      "state": "wrap_up",
      "started_at_ms": 1795510800000,
      "answered_at_ms": 1795510803000,
      "ended_at_ms": 1795510808000,
      "ring_duration_ms": 3000,
      "talk_duration_ms": 5000,
      "end_cause": "far_end_hung_up",
      "record": {
        "id": "003000000000001AAA",
        "object": "Contact",
        "name": "Carla Poole"
      },
      "outcome": "Connected",
      "notes": "Asks for a quote.",
      "task": null
    }
  },
  {
    "type": "answer",
    "sdp": "v=0"
  },
  {
    "type": "media_refused",
    "reason": "Another tab has the microphone."
  },
  {
    "type": "pong"
  },
  {
    "type": "ticket",
    "ticket": "ticket"
  },
  {
    "type": "goodbye"
  }
] satisfies ToPage[];

export const fromPage = [
  {
    "type": "command",
    "id": "c1",
    "command": "answer",
    "call": "01JDEXAMPLE00000000000000A"
  },
  {
    "type": "command",
    "id": "c2",
    "command": "decline",
    "call": "01JDEXAMPLE00000000000000A"
  },
  {
    "type": "command",
    "id": "c3",
    "command": "hang_up",
    "call": "01JDEXAMPLE00000000000000A"
  },
  {
    "type": "command",
    "id": "c4",
    "command": "hold",
    "call": "01JDEXAMPLE00000000000000A"
  },
  {
    "type": "command",
    "id": "c5",
    "command": "resume",
    "call": "01JDEXAMPLE00000000000000A"
  },
  {
    "type": "command",
    "id": "c6",
    "command": "mute",
    "call": "01JDEXAMPLE00000000000000A",
    "muted": true
  },
  {
    "type": "command",
    "id": "c7",
    "command": "digits",
    "call": "01JDEXAMPLE00000000000000A",
    "digits": "12#"
  },
  {
    "type": "command",
    "id": "c8",
    "command": "dial",
    "number": "(415) 555-0123",
    "record": {
      "id": "003000000000001AAA",
      "object": "Contact",
      "name": "Carla Poole"
    }
  },
  {
    "type": "command",
    "id": "c9",
    "command": "set_presence",
    "presence": "away"
  },
  {
    "type": "command",
    "id": "c10",
    "command": "claim_pop",
    "event_id": "01JDEXAMPLE00000000000000A:005000000000001AAA"
  },
  {
    "type": "command",
    "id": "c11",
    "command": "popped",
    "call": "01JDEXAMPLE00000000000000A",
    "record": {
      "id": "003000000000001AAA",
      "object": "Contact",
      "name": "Carla Poole"
    }
  },
  {
    "type": "command",
    "id": "c12",
    "command": "draft",
    "call": "01JDEXAMPLE00000000000000A",
    "outcome": null,
    "notes": "Asks for"
  },
  {
    "type": "command",
    "id": "c13",
    "command": "wrap_up",
    "call": "01JDEXAMPLE00000000000000A",
    "outcome": "Connected",
    "notes": "Asks for a quote."
  },
  {
    "type": "command",
    "id": "c14",
    "command": "take_media"
  },
  {
    "type": "offer",
    "sdp": "v=0"
  },
  {
    "type": "ping"
  }
] satisfies FromPage[];
