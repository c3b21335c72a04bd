//! The far ends: callers and called parties behind a trunk. They lose ACKs, say BYE twice, let
//! CANCEL cross 200, and give up at the worst moment.

use std::collections::BTreeMap;

use offhook_calls::{CallId, Direction, Input, LegId};

use super::random::Random;

/// Where a leg stands for the far end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Far {
    /// Rings, at us or there.
    Ringing,
    /// Answered.
    Up,
    /// We sent CANCEL and it answered before that arrived.
    CrossedCancel,
    /// Over.
    Gone,
}

#[derive(Debug)]
struct FarLeg {
    direction: Direction,
    far: Far,
}

/// What a far end will do, decided when its time comes.
#[derive(Debug, Clone)]
pub(super) enum FarPlan {
    /// A caller loses patience.
    GivesUp(LegId),
    /// A called party picks up.
    Answers(LegId),
    /// A called party or the trunk refuses.
    Refuses(LegId, u16),
    /// Either far end hangs up.
    HangsUp(LegId),
}

/// Something that a far end does so many milliseconds from now.
#[derive(Debug)]
pub(super) enum Later {
    Give(u64, Input),
    Plan(u64, FarPlan),
}

/// All far ends.
#[derive(Debug, Default)]
pub(super) struct Trunk {
    legs: BTreeMap<LegId, FarLeg>,
}

impl Trunk {
    /// A caller calls.
    pub(super) fn call(&mut self, call: CallId, random: &mut Random) -> Vec<Later> {
        let callers = [
            "+14155550123",
            "+442079460001",
            "anonymous",
            "",
            "\"><script>",
            "2001",
        ];
        let invite = Input::Invite {
            call: call.clone(),
            trunk: "trunk".to_owned(),
            caller: random.pick(&callers).to_owned(),
            caller_name: random.chance(50).then(|| "C POOLE".to_owned()),
            dialled: "+14155550100".to_owned(),
        };
        let leg = LegId { call, number: 0 };
        let far = Far::Ringing;
        let direction = Direction::Inbound;
        self.legs.insert(leg.clone(), FarLeg { direction, far });
        let patience_ms = random.between(200, 45_000);
        let mut later = vec![
            Later::Give(0, invite.clone()),
            Later::Plan(patience_ms, FarPlan::GivesUp(leg)),
        ];
        if random.chance(10) {
            later.push(Later::Give(random.between(1, 60_000), invite));
        }
        later
    }

    /// The far end does what it planned, if it still can.
    pub(super) fn carry_out(&mut self, plan: FarPlan, random: &mut Random) -> Vec<Later> {
        let (leg, needed, status) = match plan {
            FarPlan::GivesUp(leg) => (leg, Far::Ringing, 487),
            FarPlan::Refuses(leg, status) => (leg, Far::Ringing, status),
            FarPlan::HangsUp(leg) => (leg, Far::Up, 200),
            FarPlan::Answers(leg) => return self.pick_up(leg, random),
        };
        match self.legs.get_mut(&leg) {
            Some(at) if at.far == needed => at.far = Far::Gone,
            _ => return Vec::new(),
        }
        ended(leg, status, 0, random)
    }

    fn pick_up(&mut self, leg: LegId, random: &mut Random) -> Vec<Later> {
        match self.legs.get_mut(&leg) {
            Some(at) if at.far == Far::Ringing => at.far = Far::Up,
            _ => return Vec::new(),
        }
        let talk_ms = random.between(500, 120_000);
        vec![
            Later::Give(0, Input::LegAnswered { leg: leg.clone() }),
            Later::Plan(talk_ms, FarPlan::HangsUp(leg)),
        ]
    }

    /// We answered a caller.
    pub(super) fn answered(&mut self, leg: LegId, random: &mut Random) -> Vec<Later> {
        let Some(at) = self.legs.get_mut(&leg).filter(|at| at.far == Far::Ringing) else {
            // It gave up while our 200 was on the way: the CANCEL arrives as an end.
            return Vec::new();
        };
        let ack_ms = random.between(10, 300);
        let ack = Input::LegAnswered { leg: leg.clone() };
        match random.between(0, 99) {
            // CANCEL crosses our 200.
            0..=9 => {
                at.far = Far::Gone;
                ended(leg, 487, ack_ms, random)
            }
            // BYE before ACK.
            10..=14 => {
                at.far = Far::Gone;
                let mut later = ended(leg, 200, ack_ms, random);
                later.push(Later::Give(ack_ms + 50, ack));
                later
            }
            // The ACK is lost; after 64 times T1 nobody believes in the call any more.
            15..=19 => {
                at.far = Far::Gone;
                ended(leg, 408, 32_000, random)
            }
            _ => {
                at.far = Far::Up;
                let talk_ms = random.between(500, 120_000);
                let mut later = vec![
                    Later::Give(ack_ms, ack.clone()),
                    Later::Plan(talk_ms, FarPlan::HangsUp(leg)),
                ];
                if random.chance(5) {
                    later.push(Later::Give(ack_ms + 500, ack));
                }
                later
            }
        }
    }

    /// We call somebody.
    pub(super) fn dialled(&mut self, leg: LegId, random: &mut Random) -> Vec<Later> {
        let far = Far::Ringing;
        let direction = Direction::Outbound;
        self.legs.insert(leg.clone(), FarLeg { direction, far });
        let mut later = Vec::new();
        if random.chance(70) {
            let ringing = Input::LegRinging { leg: leg.clone() };
            later.push(Later::Give(random.between(100, 2_000), ringing));
        }
        let at_ms = random.between(200, 20_000);
        match random.between(0, 9) {
            0 => later.push(Later::Plan(at_ms, FarPlan::Refuses(leg, 486))),
            1 => {
                let status = random.pick(&[404, 408, 480, 487, 503, 603]);
                later.push(Later::Plan(at_ms, FarPlan::Refuses(leg, status)));
            }
            // Rings for ever.
            2 => {}
            _ => later.push(Later::Plan(at_ms, FarPlan::Answers(leg))),
        }
        later
    }

    /// We ended or refused a leg. `status` is what its end will be reported with.
    pub(super) fn told_to_end(
        &mut self,
        leg: LegId,
        status: u16,
        random: &mut Random,
    ) -> Vec<Later> {
        let Some(at) = self.legs.get_mut(&leg).filter(|at| at.far != Far::Gone) else {
            return Vec::new();
        };
        let cancels = at.direction == Direction::Outbound && at.far == Far::Ringing;
        if cancels && random.chance(20) {
            at.far = Far::CrossedCancel;
            return vec![Later::Give(
                random.between(1, 200),
                Input::LegAnswered { leg },
            )];
        }
        let status = if cancels { 487 } else { status };
        at.far = Far::Gone;
        let at_ms = random.between(5, 500);
        ended(leg, status, at_ms, random)
    }

    /// The process died: what it talked to is left alone and goes away by itself.
    pub(super) fn process_died(&mut self) {
        for at in self.legs.values_mut() {
            at.far = Far::Gone;
        }
    }

    /// Legs that nobody ever ended.
    pub(super) fn left_over(&self) -> Vec<String> {
        let left = self.legs.iter().filter(|(_, at)| at.far != Far::Gone);
        left.map(|(leg, at)| format!("leg {leg} was never ended: {:?}", at.far))
            .collect()
    }
}

/// The end of a leg is reported, now and then twice.
fn ended(leg: LegId, status: u16, at_ms: u64, random: &mut Random) -> Vec<Later> {
    let mut later = vec![Later::Give(
        at_ms,
        Input::LegEnded {
            leg: leg.clone(),
            status,
        },
    )];
    if random.chance(10) {
        let again_ms = at_ms + random.between(1, 2_000);
        later.push(Later::Give(again_ms, Input::LegEnded { leg, status }));
    }
    later
}
