//! Planted bugs: mistakes that the simulator must find. They exist only in builds with the
//! feature `planted_bugs`, which the tests of this crate switch on; elsewhere asking for one is
//! always answered no.

/// A mistake that can be planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlantedBug {
    /// A call whose wrap-up ran out is logged twice.
    DoubleLog,
    /// An agent whose call is wrapped up is not given back.
    LeakedAgent,
    /// A caller who gives up while it rings is not noticed.
    LostCancel,
    /// The timer of a call outlives the call.
    TimerOnDeadCall,
    /// A page that lost the microphone still talks.
    TwoTalkers,
    /// A second agent's answer takes the call from the first.
    SecondAnswerWins,
    /// A waiting call is forgotten when an agent becomes free.
    WaitingCallForgotten,
    /// Talk time is taken from the wall clock.
    WallClockDuration,
    /// A page that offers media anew is not silenced again.
    ForgottenMute,
    /// A held caller is bridged when the page's media comes up.
    HeldAndHeard,
    /// A change of the call is not written.
    UnwrittenEnd,
}

/// Which bug is planted, if any.
#[derive(Debug, Default)]
pub(crate) struct Planted {
    #[cfg(feature = "planted_bugs")]
    pub(crate) bug: Option<PlantedBug>,
}

impl Planted {
    /// Is this bug planted?
    #[cfg(feature = "planted_bugs")]
    pub(crate) fn has(&self, bug: PlantedBug) -> bool {
        self.bug == Some(bug)
    }

    /// Is this bug planted? Not in this build.
    #[cfg(not(feature = "planted_bugs"))]
    pub(crate) fn has(&self, _bug: PlantedBug) -> bool {
        false
    }
}
