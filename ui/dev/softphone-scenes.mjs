// The pictures of the softphone's machine, each as the view that leads to it. Times of a call are
// milliseconds from now. Used by softphone.mjs (to click through) and softphone-shots.mjs.

const ann = { id: "003000000000001AAA", object: "Contact", name: "Ann Smith" };

/** The call that most scenes start from. */
export const ringing = {
  id: "01JDEXAMPLE00000000000000A",
  direction: "inbound",
  phase: "ringing",
  far_number: "+15551234567",
  far_display: "(555) 123-4567",
  far_name: null,
  dialled: "(415) 555-0100",
  far_rings: false,
  muted: false,
  media_lost: false,
  started_at_ms: -4000,
  answered_at_ms: null,
  ended_at_ms: null,
  talk_duration_ms: 0,
  end_cause: null,
  wrap_up_ends_at_ms: null,
  pop: null,
  record: null,
  outcome: null,
  notes: "",
  logging: false,
};
const talking = { ...ringing, phase: "talking", answered_at_ms: -134_000, record: ann };
const over = {
  ...talking,
  phase: "wrap_up",
  ended_at_ms: -18_000,
  end_cause: "far_end_hung_up",
  talk_duration_ms: 116_000,
  wrap_up_ends_at_ms: 42_000,
  outcome: "Connected",
  notes: "Wants 40 licences from January. Send the quote by Friday, copy her manager.",
};

const found = (...records) =>
  Object.fromEntries(records.map(([Id, Name, RecordType]) => [Id, { Id, Name, RecordType }]));
const one = found([ann.id, ann.name, ann.object]);
const three = found(
  ["003000000000001AAA", "Ann Smith", "Contact"],
  ["00Q000000000002AAA", "Bartholomew Featherstonehaugh-Cholmondeley", "Lead"],
  ["001000000000003AAA", "Acme Industrial Supplies", "Account"],
);

const past = (direction, name, number, minutes, more = {}) => ({
  call: `past-${number}-${minutes}`,
  direction,
  far_number: number,
  far_display: number,
  far_name: null,
  record: name ? { id: "003", object: "Contact", name } : null,
  started_at_ms: Date.now() - minutes * 60_000,
  answered_at_ms: Date.now() - minutes * 60_000 + 6000,
  talk_duration_ms: 194_000,
  outcome: "Connected",
  end_cause: "far_end_hung_up",
  ...more,
});
const unanswered = { answered_at_ms: null, talk_duration_ms: 0, outcome: null };
const recent = [
  past("inbound", "Ann Smith", "(555) 123-4567", 12),
  past("outbound", "Marek Novák", "+420 222 123 456", 55, { outcome: "Left voicemail" }),
  past("inbound", "", "(212) 555-0188", 140, { ...unanswered, end_cause: "caller_gave_up" }),
  past("outbound", "", "+44 20 7946 0123", 1500, { ...unanswered, end_cause: "busy" }),
  past("inbound", "Yuki Tanaka", "+81 3-1234-5678", 3000),
  past("inbound", "", "Unknown caller", 6000, { far_number: "anonymous" }),
  past("outbound", "Priya Raghunathan", "+91 22 5550 1234", 20_000),
];

const refusal = {
  success: false,
  returnValue: null,
  errors: [
    {
      code: "SERVER_ERROR",
      description: "A problem was encountered on the server.",
      details: {
        message: "Required fields are missing: [Call Result]",
        fieldErrors: {
          CallDisposition: [
            {
              statusCode: "REQUIRED_FIELD_MISSING",
              message: "required",
              fieldLabel: "Call Result",
            },
          ],
        },
      },
    },
  ],
};

const pop = { event_id: "01JDEXAMPLE00000000000000A:005", number: "+15551234567" };

export const scenes = {
  ready: { recent },
  away: { view: { presence: "away" }, recent },
  ringing: { view: { call: { ...ringing, pop } }, found: one },
  ringing_unknown: { view: { call: ringing } },
  ringing_matches: { view: { call: { ...ringing, pop } }, found: three },
  ringing_none: { view: { call: { ...ringing, pop } } },
  ringing_anonymous: {
    view: { call: { ...ringing, far_number: "anonymous", far_display: "Unknown caller" } },
  },
  ringing_long: {
    view: {
      call: { ...ringing, far_name: "\"><script>alert(1)</script> Wolfeschlegelsteinhausen" },
    },
  },
  dialling: {
    view: { call: { ...ringing, direction: "outbound", phase: "dialling", record: ann } },
  },
  dialling_rings: {
    view: {
      call: { ...ringing, direction: "outbound", phase: "dialling", record: ann, far_rings: true },
    },
  },
  talking: { view: { call: talking } },
  talking_muted: { view: { call: { ...talking, muted: true, notes: "Asks for a quote." } } },
  talking_matches: { view: { call: { ...talking, record: null, pop } }, found: three },
  held: { view: { call: { ...talking, phase: "held" } } },
  elsewhere: { view: { media_device: "other-page", device_count: 2, call: talking } },
  media_refused: { view: { call: talking }, refuseMedia: true },
  wrap_up: { view: { call: over } },
  wrap_up_failed: { view: { call: over }, found: one, refusal },
  lost: { view: { call: talking }, cut: true },
  connecting: { mute: true },
  signed_out: { signedOut: true },
};
